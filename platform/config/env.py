"""Typed readers of the environment; a bad value stops the start and names the variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypedDict
from urllib.parse import unquote, urlsplit


class BadEnvironment(SystemExit):
    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"Environment variable {name} {problem}")


def text(name: str, default: str | None = None) -> str:
    """The value, or the content of the file that ``NAME_FILE`` points to, or ``default``."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    value = os.environ.get(name, default)
    if value is None:
        raise BadEnvironment(name, "is not set.")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false"}:
        raise BadEnvironment(name, f"must be 0 or 1, not {value!r}.")
    return value in {"1", "true"}


def number(name: str, default: int) -> int:
    value = text(name, str(default))
    if not value.isdigit():
        raise BadEnvironment(name, f"must be a whole number, not {value!r}.")
    return int(value)


def key(name: str) -> bytes:
    """32 bytes written as 64 hexadecimal digits."""
    return _key(name, text(name))


def named_keys(name: str) -> dict[str, tuple[bytes, ...]]:
    """``east=…,west=…``: a key by name; one that stands there twice has two, the first first."""
    found: dict[str, tuple[bytes, ...]] = {}
    for part in filter(None, text(name, "").split(",")):
        owner, _, value = part.strip().partition("=")
        found[owner] = (*found.get(owner, ()), _key(name, value))
    return found


def _key(name: str, value: str) -> bytes:
    try:
        raw = bytes.fromhex(value)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise BadEnvironment(name, "must be 64 hexadecimal digits.")
    return raw


class Database(TypedDict):
    NAME: str
    USER: str
    PASSWORD: str
    HOST: str
    PORT: str


def database(name: str) -> Database:
    """``postgresql://user:password@host:port/name`` or with ``?host=/socket/dir``."""
    value = text(name)
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadEnvironment(name, "must look like postgresql://user:password@host:port/name.")
    host = parts.hostname or ""
    if parts.query.startswith("host="):
        host = unquote(parts.query.removeprefix("host="))
    return {
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
    }
