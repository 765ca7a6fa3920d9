"""What a browser calls itself, in words that its owner recognises."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge 浏览器"),
    ("Firefox", "Firefox 浏览器"),
    ("Chrome", "Chrome 浏览器"),
    ("Safari", "Safari 浏览器"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "鸿蒙手机"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


def words_for(device: str) -> str:
    """``Chrome 浏览器，Windows 电脑``; 未知设备 for what says nothing."""
    found = [
        next((words for mark, words in marks if mark in device), "")
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    return "，".join(filter(None, found)) or "未知设备"
