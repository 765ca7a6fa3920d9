"""Those who left or whose membership rests: found, and read, never written."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web.views import Page
from tenant_apps.members.models import DECREASES, ChangeKind, Member, party_age
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import former, history_of, turns
from tenant_apps.members.views.rooms import crumbs_to, rooms


class Former(Page):
    """``/members/former/?q=&kind=``."""

    permission = MemberPermission.FORMER
    template_name = "members/former.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:60]
        asked = request.GET.get("kind", "")
        kind = asked if asked in DECREASES else ""
        found = former.former_visible_to(self.actor, q=text, kind=kind)
        page = Paginator(found, 50).get_page(request.GET.get("page"))
        return self.render(
            title="历史党员",
            crumbs=crumbs_to("历史党员"),
            rooms=rooms(self.actor, "former"),
            q=text,
            kind=kind,
            kinds=[(kind.value, kind.label) for kind in DECREASES],
            page_obj=page,
            rows=[(member, _kind(member)) for member in page.object_list],
            is_narrowed=bool(text or kind),
        )


class FormerFile(Page):
    """``/members/former/<id>/``: the whole file, masked, with how it ended."""

    permission = MemberPermission.FORMER
    template_name = "members/former_file.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = former.former_for(self.actor, member_id)
        listed = former.changes_of(member)
        may_decide = can(self.actor, MemberPermission.DECIDE, member)
        return self.render(
            title=f"{member.name} · 历史党员",
            crumbs=crumbs_to("历史党员", reverse("members-former"), member.name),
            member=member,
            kind=_kind(member),
            facts=_facts(member),
            changes=listed,
            undoable=former.undoable(listed) if may_decide else None,
            restorable_until=turns.restorable_until(member),
            barred_until=turns.barred_until(member),
            may_leave=can(self.actor, MemberPermission.LEAVE, member),
            history=[
                {"at": entry.at, "title": f"{entry.who}{entry.what}",
                 "text": "；".join(entry.details), "tone": entry.tone}
                for entry in history_of(member)
            ],
        )  # fmt: skip


def _kind(member: Member) -> str:
    """How the person left, in words; a file made by mistake has none."""
    return ChangeKind(member.left_kind).label if member.left_kind else "误录撤销"


def _facts(member: Member) -> list[tuple[str, object]]:
    def day(value: object) -> object:
        return value or ""

    years = party_age(member.full_on, member.left_on or clock.today())
    return [
        ("姓名", member.name),
        ("身份证号", member.identity_masked),
        ("手机号码", member.phone_masked),
        ("性别", member.gender_label),
        ("民族", member.ethnicity),
        ("出生日期", day(member.birth_on)),
        ("学历", member.education),
        ("人员类别", member.get_category_display()),
        ("原所在党组织", member.org.name),
        ("入党日期", day(member.joined_on)),
        ("转正日期", day(member.full_on)),
        ("离开时党龄", "" if years is None else f"{years} 年"),
        ("离开日期", day(member.left_on)),
    ]
