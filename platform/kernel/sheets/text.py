"""Comma-separated text: which encoding it really has, which delimiter, and its rows."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import BrokenFile, TooManyColumns, TooManyRows, UnknownFormat, UnreadableText
from .limits import Limits

_LONGEST_CELL = 32_767
_TRAILING = {mark: re.compile(re.escape(mark) + r"{3,}(?=\r?\n|\r|\Z)") for mark in ",;\t|"}
_AS_TEXT = re.compile(r'="([^"]*)"')
_MARKUP = re.compile(r"\s*<(?:!doctype|html|table|\?xml|\w+:|svg)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Text:
    """Decoded text and how it was read."""

    content: str
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows as the office suite numbers them: a quoted line break does not start a row."""
        reader = csv.reader(io.StringIO(self.content, newline=""), delimiter=self.delimiter)
        for number, row in enumerate(reader, 1):
            end = len(row)
            while end and not row[end - 1]:
                end -= 1
            yield number, [_unwrapped(value) for value in row[:end]]


def read(content: bytes, *, limits: Limits) -> Text:
    """Raises UnreadableText, UnknownFormat, BrokenFile and the limits."""
    decoded, encoding = _decoded(content)
    if _MARKUP.match(decoded):
        raise UnknownFormat(found="网页或 XML 文件")
    if _CONTROL.search(decoded):
        raise UnknownFormat(found="无法识别的文件")
    decoded, delimiter = _delimited(decoded)
    if '"' not in decoded:
        decoded = _TRAILING[delimiter].sub("", decoded)
    text = Text(decoded, encoding, delimiter)
    _check(text, limits)
    return text


def _decoded(content: bytes) -> tuple[str, str]:
    """UTF-8 when it is valid UTF-8, else GB18030, whatever a byte-order mark may claim."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnknownFormat(found="Unicode（UTF-16）文本")
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as failure:
        if failure.start >= len(content) - 3:
            raise BrokenFile from failure
    try:
        return content.decode("gb18030"), "gb18030"
    except UnicodeDecodeError as failure:
        if failure.start >= len(content) - 3:
            raise BrokenFile from failure
        raise UnreadableText from failure


def _delimited(content: str) -> tuple[str, str]:
    first, _, rest = content.partition("\n")
    declared = re.fullmatch(r"sep=([,;\t|])\r?", first)
    if declared:
        return rest, declared[1]
    votes: Counter[str] = Counter()
    for line in content[:65_536].splitlines()[:30]:
        for mark in ",\t;|":
            votes[mark] += min(line.count(mark), 40)
    best = max(",\t;|", key=lambda mark: votes[mark])
    return content, best


def _unwrapped(value: str) -> str:
    """``="0123"`` is how spreadsheets are told to keep digits as text."""
    if value.startswith('="'):
        found = _AS_TEXT.fullmatch(value)
        return found[1] if found else value
    return value


def _check(text: Text, limits: Limits) -> None:
    widest = count = 0
    try:
        for number, row in text.rows():
            count = number
            widest = max(widest, len(row))
            if count > limits.rows:
                raise TooManyRows(sheet="文本", limit=limits.rows)
            if widest > limits.columns and any(value.strip() for value in row[limits.columns :]):
                raise TooManyColumns(sheet="文本", limit=limits.columns)
            if row and max(map(len, row)) > _LONGEST_CELL:
                raise BrokenFile
    except csv.Error as failure:
        raise BrokenFile from failure
