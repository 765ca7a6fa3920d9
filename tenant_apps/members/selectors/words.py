"""Finding members by what a person types."""

from __future__ import annotations

import re
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.db.models import Q, TextField, Value

from kernel.crypto import unit_cipher
from tenant_apps.members.models import WORDS

_IDENTITY: Final = re.compile(r"\d{17}[\dXx]")
_PHONE: Final = re.compile(r"1\d{10}")
_BEYOND: Final = "zzz"
"""No syllable goes on like this: the end of what begins with given letters in any collation."""
_LAST_FOUR: Final = re.compile(r"\d{3}[\dXx]")


def search(text: str) -> Q:
    """What a person types: an identity number, a phone, its last four, pinyin or a name.

    Whole numbers are looked up by their blind index, four digits by what the mask leaves to be
    seen.  Letters match the initials or the full pinyin from the beginning of the name, anything
    else is a part of the name.  Each way is led by an index, however many members there are.
    """
    text = _squeezed(text)
    if not text:
        return Q()
    if _IDENTITY.fullmatch(text):
        return Q(identity_index=unit_cipher().index(text.upper(), purpose="identity"))
    if _PHONE.fullmatch(text):
        return Q(phone_index=unit_cipher().index(text, purpose="phone"))
    if _LAST_FOUR.fullmatch(text):
        last = text.upper()
        return _has([last]) & (Q(identity_masked__endswith=last) | Q(phone_masked__endswith=last))
    if text.isascii() and text.isalpha():
        letters = text.lower()
        begins = Q(name_initials__startswith=letters) | _spelt(letters)
        return initial_span(letters) & begins
    return _has(sorted(set(text))) & Q(name__contains=text)


def initial_span(text: str) -> Q:
    """Where in the order of names all those lie that are searched for by letters."""
    letters = _squeezed(text).lower()
    return _spelt(letters[0]) if letters.isascii() and letters.isalpha() else Q()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _spelt(letters: str) -> Q:
    """Names whose pinyin begins with these letters, as a span of the index by name."""
    return Q(name_pinyin__gte=letters, name_pinyin__lte=f"{letters}{_BEYOND}")


def _has(words: list[str]) -> Q:
    return Q(ArrayContains(WORDS, Value(words, output_field=ArrayField(TextField()))))
