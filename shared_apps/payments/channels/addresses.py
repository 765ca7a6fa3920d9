"""Addresses of channels, and those that channels are given."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from shared_apps.payments.channels.base import Misconfigured


def checked_base(base_url: str) -> str:
    """A channel's address without a trailing slash: https, or http on this machine."""
    scheme = urlsplit(base_url).scheme
    if scheme == "https" or (scheme == "http" and is_loopback(base_url)):
        return base_url.rstrip("/")
    raise Misconfigured("base_url")


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def plain_url(url: str) -> str:
    """A notify address: channels refuse one with a query."""
    if urlsplit(url).query:
        raise Misconfigured("notify_url")
    return url
