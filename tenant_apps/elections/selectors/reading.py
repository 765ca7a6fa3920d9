"""What a roster says in words, 「支部书记、工会主席」, read as posts.  Pure.

A part is read only where one post in one organisation can be meant; everything else is left as
it stands, with the reason.  Nothing is ever guessed in silence: what is read is proposed, and
somebody accepts it (rulebook 1.4, posts).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tenant_apps.elections.selectors.composition import GROUP_LEADER, POSTS

_BETWEEN: Final = re.compile(r"[、,，;；/／|\s]+")
_WORDS: Final[Mapping[str, str]] = {
    "党小组组长": GROUP_LEADER, "党小组长": GROUP_LEADER, "小组长": GROUP_LEADER,
    "组织委员": "11", "宣传委员": "12", "纪检委员": "13", "青年委员": "14",
    "统战委员": "15", "群工委员": "16", "副书记": "02", "书记": "01",
    "组织员": "41", "委员": "19",
}  # fmt: skip
"""The longest first: 「副书记」 is no 「书记」, 「组织委员」 no 「委员」."""
_TITLE: Final = re.compile(r"([一-鿿]{2})委员$")
_OTHER_BODIES: Final = ("团", "工会", "妇", "纪委", "董事", "民主党派")
"""Bodies whose posts are none of the Party organisation's own."""
_RANKS: Final[Mapping[str, tuple[str, ...]]] = {
    "党支部": ("BRANCH", "JOINT_BRANCH", "MOBILE_BRANCH", "TEMP_BRANCH"),
    "支部": ("BRANCH", "JOINT_BRANCH", "MOBILE_BRANCH", "TEMP_BRANCH"),
    "支委": ("BRANCH", "JOINT_BRANCH", "MOBILE_BRANCH", "TEMP_BRANCH"),
    "党总支": ("GENERAL_BRANCH",),
    "总支": ("GENERAL_BRANCH",),
    "机关党委": ("ORGAN_COMMITTEE",),
    "党委": ("COMMITTEE", "ORGAN_COMMITTEE", "WORK_COMMITTEE"),
    "党工委": ("WORK_COMMITTEE",),
}
"""Words for the organisation of that rank above the member."""


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation as the reader knows it: names of it, its type, its place in the tree."""

    path: str
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the text: the post and the place it means, or why it was left."""

    text: str
    code: str = ""
    title: str = ""
    path: str = ""
    reason: str = ""

    @property
    def is_read(self) -> bool:
        return bool(self.code and self.path)


def parts_of(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text.strip()) if part]


def read(text: str, *, own: str, places: Sequence[Place]) -> list[Part]:
    """The parts of a member's line; ``own`` is the path of the member's branch, ``places`` the
    organisations of the unit, those above the branch among them.
    """
    return [_read(part, own, places) for part in parts_of(text)]


def _read(part: str, own: str, places: Sequence[Place]) -> Part:
    found = _post_in(part)
    if found is None:
        return Part(part, reason="不是党内职务，或写法不能识别")
    code, title, before = found
    if any(word in before for word in _OTHER_BODIES):
        return Part(part, reason="不是本单位党组织的职务")
    if code == GROUP_LEADER:
        return Part(part, reason="请在「党小组」中指定组长")
    meant = _meant(before, own, places)
    if len(meant) != 1:
        why = "不能确定是哪个党组织" if not meant else f"有 {len(meant)} 个党组织可能是它"
        return Part(part, code=code, title=title, reason=why)
    return Part(part, code=code, title=title, path=meant[0])


def _post_in(part: str) -> tuple[str, str, str] | None:
    """Code, own title and what stands before; 「保密委员」 is a member with a title of its own."""
    for word, code in _WORDS.items():
        if part.endswith(word) and code != "19":
            return code, "", part.removesuffix(word)
    if not part.endswith("委员"):
        return None
    before = part.removesuffix("委员")
    if not before or _is_place(before):
        return "19", "", before
    titled = _TITLE.search(part)
    if titled is None:
        return "19", "", before
    ahead = part[: titled.start()]
    return ("19", titled.group(0), ahead) if not ahead or _is_place(ahead) else ("19", "", before)


def _is_place(words: str) -> bool:
    return words.endswith((*_RANKS, "支", "委"))


def _meant(before: str, own: str, places: Sequence[Place]) -> list[str]:
    """Which organisations the words before a post may mean."""
    words = before.strip("·-—（）() ").removesuffix("委员会")
    if not words:
        return [own]
    above = [one for one in places if own.startswith(one.path)]
    if words in _RANKS:
        ranked = [one for one in above if one.kind in _RANKS[words]]
        nearest = max(ranked, key=lambda one: len(one.path), default=None)
        return [nearest.path] if nearest else []
    return sorted({one.path for one in places if _is_called(one, words)})


def _is_called(place: Place, words: str) -> bool:
    return any(words in (name, name.removesuffix("委员会")) for name in place.names)


def names_in(text: str) -> set[str]:
    """The words of a line that may be names of organisations, to look them up by."""
    found = {post[2].removesuffix("委员会") for post in map(_post_in, parts_of(text)) if post}
    return {word for word in found if word and word not in _RANKS}


def label_of(part: Part) -> str:
    return part.title or POSTS.get(part.code, "")
