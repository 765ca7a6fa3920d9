"""What can go wrong in the domain, said once: a stable code, a Chinese sentence, data.

The kinds are all that interfaces know; ``kernel.statuses`` turns a kind into an HTTP status for
pages and API alike.  A concrete error stands in the
service module that raises it and names only its code and its sentence.
"""

from __future__ import annotations

from typing import Any, ClassVar


class DomainError(Exception):
    """An expected refusal.  ``message`` is shown to people, ``code`` is part of the API."""

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "操作没有完成。"

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The sentence with its data filled in."""
        return self.sentence.format(**self.data)


class Invalid(DomainError):
    """What was handed in cannot be taken."""

    code = "invalid"
    sentence = "填写的内容有误，请检查后重试。"


class Conflict(DomainError):
    """It clashes with what is already there; asking again unchanged will not help."""

    code = "conflict"
    sentence = "当前状态不允许这样操作。"


class Forbidden(DomainError):
    """The actor may see it but not do it."""

    code = "forbidden"
    sentence = "您没有权限进行此操作。"


class NotFound(DomainError):
    """It is not there, or not for this actor: the two look the same from outside."""

    code = "not_found"
    sentence = "没有找到您要的内容，可能已被移动或链接有误。"


class Unavailable(DomainError):
    """Something we depend on does not answer; asking again later may help."""

    code = "unavailable"
    sentence = "服务暂时不可用，请稍后再试。"


class TooMany(DomainError):
    """Asked too often; waiting helps."""

    code = "too_many"
    sentence = "操作过于频繁，请稍后再试。"


KINDS: tuple[type[DomainError], ...] = (
    Invalid,
    Conflict,
    Forbidden,
    NotFound,
    TooMany,
    Unavailable,
)
