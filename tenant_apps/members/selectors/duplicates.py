"""People who may have two files: the same identity number cannot be, other signs can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.files import member_for
from tenant_apps.organizations.selectors import scopes_of

MOST_PAIRS: Final = 200
TOLD_APART: Final = "member.told_apart"
SIGNS: Final = {
    "birth": "姓名与出生日期相同",
    "phone": "手机号码相同",
    "branch": "同一支部内姓名相同",
}
_TABLE: Final = Member._meta.db_table
_PAIRS: Final = f"""
WITH here AS (
    SELECT id, name, birth_on, phone_index, org_id FROM {_TABLE}
    WHERE is_active AND org_path LIKE ANY (%(like)s)
), signs AS (
    SELECT a.id AS first, b.id AS second, 'birth' AS sign
    FROM here a JOIN here b ON a.name = b.name AND a.birth_on = b.birth_on AND a.id < b.id
    UNION ALL
    SELECT a.id, b.id, 'phone'
    FROM here a JOIN here b ON a.phone_index = b.phone_index AND a.id < b.id
    UNION ALL
    SELECT a.id, b.id, 'branch'
    FROM here a JOIN here b ON a.name = b.name AND a.org_id = b.org_id AND a.id < b.id
)
SELECT first, second, array_agg(sign ORDER BY sign)
FROM signs
WHERE NOT (first::text || second::text = ANY (%(apart)s))
GROUP BY first, second
ORDER BY count(*) DESC, first, second
LIMIT %(most)s
"""
COMPARED: Final = (
    ("name", "姓名"), ("identity", "身份证号"), ("phone", "手机号码"), ("gender", "性别"),
    ("ethnicity", "民族"), ("birth_on", "出生日期"), ("education", "学历"), ("degree", "学位"),
    ("category", "人员类别"), ("joined_on", "入党日期"), ("full_on", "转正日期"),
    ("org", "所在党组织"), ("posts", "党内职务"), ("workplace", "工作单位"),
    ("occupation", "职业"), ("native_place", "籍贯"),
)  # fmt: skip
"""What is set side by side, and may be taken from the other file."""


class MergerNotFound(NotFound):
    code = "member_merger_not_found"
    sentence = "没有找到这次合并，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that look like one person's, and the signs of it in words."""

    first: Member
    second: Member
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of both files; ``wins`` is the side that would be kept if nobody chose."""

    key: str
    label: str
    kept: str
    gone: str

    @property
    def is_same(self) -> bool:
        return self.kept == self.gone

    @property
    def wins(self) -> str:
        return "gone" if self.gone and not self.kept else "kept"


def pairs_visible_to(actor: Actor) -> list[Pair]:
    """The likeliest pairs first, without those that somebody told apart."""
    like = [f"{scope}%" for scope in scopes_of(actor)]
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"like": like, "apart": _told_apart(), "most": MOST_PAIRS})
        found = cursor.fetchall()
    ids = {pk for first, second, _ in found for pk in (first, second)}
    members = Member.objects.select_related("org").in_bulk(list(ids))
    return [
        Pair(members[first], members[second], tuple(SIGNS[sign] for sign in signs))
        for first, second, signs in found
    ]


def pair_for(actor: Actor, kept_id: UUID, gone_id: UUID) -> tuple[Member, Member]:
    """Both files, where the actor may merge both; raises MemberNotFound and Forbidden."""
    kept, gone = (member_for(actor, pk, to=MemberPermission.MERGE) for pk in (kept_id, gone_id))
    return kept, gone


def compared(kept: Member, gone: Member) -> list[Compared]:
    """The fields of both files, side by side; sealed ones masked."""
    return [Compared(key, label, _shown(kept, key), _shown(gone, key)) for key, label in COMPARED]


def mergers_visible_to(actor: Actor) -> list[Change]:
    """The mergers of late, newest first."""
    found = Change.objects.filter(kind=ChangeKind.OTHER_OUT, data__has_key="merged_into")
    rows = found.select_related("member").order_by("-recorded_at")[:50]
    scopes = scopes_of(actor)
    return [row for row in rows if any(row.org_path.startswith(scope) for scope in scopes)]


def merger_for(actor: Actor, change_id: UUID) -> Change:
    """One merger; raises MergerNotFound outside the actor's sub-trees."""
    found = Change.objects.filter(
        pk=change_id, kind=ChangeKind.OTHER_OUT, data__has_key="merged_into"
    ).first()
    if found is None or not any(found.org_path.startswith(scope) for scope in scopes_of(actor)):
        raise MergerNotFound
    return found


def _shown(member: Member, key: str) -> str:
    match key:
        case "identity":
            return member.identity_masked
        case "phone":
            return member.phone_masked
        case "org":
            return str(member.org.name)
        case "gender":
            return member.gender_label
        case "category":
            return str(member.get_category_display())
        case _:
            value = getattr(member, key)
            return "" if value is None else str(value)


def _told_apart() -> list[str]:
    events = audit.all_events().filter(code=TOLD_APART)
    return [
        f"{event.data['first']}{event.data['second']}" for event in events.only("data")[:10_000]
    ]
