"""Names and kinds of Party organisations (rulebook 1.1)."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from .values import compact


class OrgKind(StrEnum):
    """The types of rulebook 1.1."""

    LEADING_GROUP = "LEADING_GROUP"
    WORK_COMMITTEE = "WORK_COMMITTEE"
    COMMITTEE = "COMMITTEE"
    ORGAN_COMMITTEE = "ORGAN_COMMITTEE"
    DISCIPLINE_COMMITTEE = "DISCIPLINE_COMMITTEE"
    GENERAL_BRANCH = "GENERAL_BRANCH"
    BRANCH = "BRANCH"
    JOINT_BRANCH = "JOINT_BRANCH"
    TEMP_BRANCH = "TEMP_BRANCH"
    TEMP_COMMITTEE = "TEMP_COMMITTEE"
    TEMP_GENERAL_BRANCH = "TEMP_GENERAL_BRANCH"
    MOBILE_BRANCH = "MOBILE_BRANCH"
    GROUP = "GROUP"


COMMITTEES = frozenset(
    {OrgKind.COMMITTEE, OrgKind.ORGAN_COMMITTEE, OrgKind.WORK_COMMITTEE, OrgKind.TEMP_COMMITTEE}
)
BRANCHES = frozenset(
    {OrgKind.BRANCH, OrgKind.JOINT_BRANCH, OrgKind.TEMP_BRANCH, OrgKind.MOBILE_BRANCH}
)

_ALONE = BRANCHES | {OrgKind.GENERAL_BRANCH}
_LEADING = COMMITTEES | _ALONE

_TAIL = r"(?:\(.*\))?$"
_KINDS: tuple[tuple[str, OrgKind], ...] = (
    (rf"(党小组|小组){_TAIL}|^9?党小组", OrgKind.GROUP),
    (rf"(纪律检查委员会|纪委|纪检委){_TAIL}", OrgKind.DISCIPLINE_COMMITTEE),
    (rf"临时(党)?总支(部)?(委员会)?{_TAIL}|^921$", OrgKind.TEMP_GENERAL_BRANCH),
    (rf"临时.*支部(委员会)?{_TAIL}|^931$", OrgKind.TEMP_BRANCH),
    (rf"临时(党委|.*委员会){_TAIL}|^911$", OrgKind.TEMP_COMMITTEE),
    (rf"(联合(党)?支部|联合.*支部)(委员会)?{_TAIL}|^632$", OrgKind.JOINT_BRANCH),
    (rf"流动党员.*支部(委员会)?{_TAIL}", OrgKind.MOBILE_BRANCH),
    (rf"总支(部)?(委员会|委)?{_TAIL}|^621$", OrgKind.GENERAL_BRANCH),
    (rf"支部(委员会|委)?{_TAIL}|^631$", OrgKind.BRANCH),
    (rf"党组{_TAIL}", OrgKind.LEADING_GROUP),
    (rf"(工委|工作委员会){_TAIL}", OrgKind.WORK_COMMITTEE),
    (rf"机关(党委|委员会){_TAIL}", OrgKind.ORGAN_COMMITTEE),
    (rf"(党委|委员会|县委|市委|省委|区委){_TAIL}|^611$|党委", OrgKind.COMMITTEE),
)
_SUFFIXES = (
    (re.compile(r"党?总支(?:部)?(?:委员会|委)?$"), "总支"),
    (re.compile(r"联合(?:党)?支部(?:委员会|委)?$"), "联合支部"),
    (re.compile(r"临时(?:党)?支部(?:委员会|委)?$"), "临时支部"),
    (re.compile(r"党?支部(?:委员会|委)?$"), "支部"),
    (re.compile(r"(?:党委|委员会)$"), "党委"),
)
_PARTY = re.compile(r"^(?:中国共产党|中共)")


@lru_cache(maxsize=65536)
def kind_of(words: str) -> OrgKind | None:
    """The kind that a name or a 类别 cell says, or None."""
    bare = name_key(words)
    for pattern, kind in _KINDS:
        if re.search(pattern, bare):
            return kind
    return None


@lru_cache(maxsize=65536)
def name_key(name: str) -> str:
    """What two spellings of one name share: half-width, no blanks, one kind of dash."""
    return re.sub(r"[–—－﹣‐]", "-", compact(name)).lower()


def short_key(name: str, prefix: str) -> str:
    """The name without 中共, the unit's own name, and with one word for each kind."""
    bare = _PARTY.sub("", name_key(name))
    own = _PARTY.sub("", prefix)
    if own and bare.startswith(own) and len(bare) > len(own):
        bare = bare[len(own) :]
    for pattern, word in _SUFFIXES:
        if pattern.search(bare):
            return pattern.sub(word, bare)
    return bare


def looks_like_organisation(words: str) -> bool:
    """Whether these words end as the name of a Party organisation does."""
    bare = name_key(words)
    return 2 <= len(bare) <= 200 and kind_of(bare) is not None and not bare.isdigit()


def root_name(unit_name: str) -> str:
    """The committee that stands over everything when the roster names none."""
    return unit_name if kind_of(unit_name) in _LEADING else f"中共{unit_name}委员会"


def is_whole_unit(name: str, unit_name: str) -> bool:
    """Whether a branch is all there is of the unit: it bears the unit's name and no other
    (中共小石桥村支部委员会).
    """
    if kind_of(name) not in _ALONE:
        return False
    return name_key(name) == name_key(unit_name) or (
        name_key(unit_name) in name_key(name)
        and short_key(name, name_key(unit_name)) in ("支部", "总支", "联合支部", "临时支部")
    )


_SEPARATORS = ("/", "\\", ">", "→", "|", "、", "»", "-", " ", ",", ";", "_", ":", "·")
_PLAIN = frozenset({"/", "\\", ">", "→", "|"})
_ARROWS = re.compile(r"-{1,2}>|=>|[＞〉》➔➜]|>>")
_JOINED = re.compile(r"(?<=.)(?=中共)")


def split_path(words: str, separator: str) -> tuple[str, ...]:
    """The names along a path, top first."""
    if separator == "":
        return (words,)
    bare = _ARROWS.sub(">", words)
    parts = _JOINED.split(bare) if separator == "中共" else _half(bare).split(_half(separator))
    return tuple(part.strip() for part in parts if part.strip())


def path_separator(samples: list[str]) -> str:
    """The separator with which most of these cells are paths of organisation names, or ``""``.

    A dash or blank may belong to a name (第一1-1支部), so every part must end as an
    organisation's name does.
    """
    for separator in (*_SEPARATORS, "中共"):
        paths = [split_path(words, separator) for words in samples]
        split = [path for path in paths if len(path) > 1 and _all_organisations(path, separator)]
        share = 5 if separator in _PLAIN else 2
        if split and len(split) * share >= len(samples):
            return separator
    return ""


def _all_organisations(path: tuple[str, ...], separator: str) -> bool:
    if separator in _PLAIN:
        return looks_like_organisation(path[-1]) or looks_like_organisation(path[0])
    return all(looks_like_organisation(part) for part in path)


_HALF = str.maketrans("／＼＞｜－—–，；：＿　•‧・", "/\\>|---,;:_ ···")


def _half(words: str) -> str:
    return words.translate(_HALF)
