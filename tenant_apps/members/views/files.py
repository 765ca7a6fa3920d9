"""A member's file: read it, print it, see what is masked."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.permissions import can
from kernel.web.views import Page
from tenant_apps.members.forms import PhotoForm, RevealForm
from tenant_apps.members.models import Member, party_age, whole_years
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import history_of, member_for, sections_for
from tenant_apps.members.selectors.completeness import Completeness, completeness_of
from tenant_apps.members.selectors.corrections import corrections_of
from tenant_apps.members.selectors.entries import EntryNotFound, entry_for, kinds_of, sets_of
from tenant_apps.members.selectors.fields import Group, groups_of
from tenant_apps.members.selectors.growth import growth_of
from tenant_apps.members.services import looking, revealing

TABS = (
    ("", "档案概况"),
    ("sets", "扩展信息"),
    ("growth", "成长档案"),
    ("history", "变动与查看"),
)
_MASKED = ("identity", "phone", "address")


class MemberFile(Page):
    """``/members/<id>/``: an overview, the extended sets (``?tab=sets``), growth, what happened."""

    permission = MemberPermission.READ
    template_name = "members/file.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        looking.opened(member=member, actor=self.actor, now=clock.now())
        return self.render(**file_context(self.actor, member, tab=request.GET.get("tab", "")))


class RevealMember(Page):
    """``/members/<id>/reveal/``: the file with one masked value open; nothing is kept."""

    permission = MemberPermission.REVEAL
    template_name = "members/file.html"

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.REVEAL)
        form = RevealForm(request.POST)
        is_relative = request.POST.get("what") == "relative"
        tab = "sets" if is_relative else ""
        if not form.is_valid():
            context = file_context(self.actor, member, tab=tab) | {"reveal": form}
            return self.render(**context, status=422)
        shown = self._opened(member, form.cleaned_data)
        response = self.render(**file_context(self.actor, member, tab=tab) | {"shown": shown})
        response["Cache-Control"] = "no-store"
        return response

    def _opened(self, member: Member, sent: dict[str, Any]) -> dict[str, str]:
        """The value, by the name under which the page shows it."""
        what, reason, now = sent["what"], sent["reason"], clock.now()
        if what != "relative":
            open_it = revealing.REVEALS[what]
            return {what: open_it(member=member, reason=reason, actor=self.actor, now=now)}
        entry = entry_for(self.actor, sent["entry"] or member.pk, to=MemberPermission.REVEAL)
        if entry.member_id != member.pk:
            raise EntryNotFound
        value = revealing.reveal_relative(
            entry=entry, field=sent["field"], reason=reason, actor=self.actor, now=now
        )
        return {f"{entry.pk}.{sent['field']}": value}


class PrintFile(Page):
    """``/members/<id>/print/``: 党员信息表, the whole file on paper, masked."""

    permission = MemberPermission.READ
    is_paper = True
    template_name = "members/file_print.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        looking.printed(member=member, actor=self.actor, now=clock.now())
        return self.render(
            member=member,
            title=f"党员信息表 · {member.name}",
            back_url=reverse("member", args=[member.pk]),
            groups=_paper(member, clock.today()),
            sets=[one for one in sets_of(self.actor, member) if one.valid],
            as_of=clock.now(),
        )


def file_context(actor: Actor, member: Member, *, tab: str = "") -> dict[str, Any]:
    """Everything that the page of a file shows; values that are masked stay masked."""
    today = clock.today()
    tab = tab if tab in dict(TABS) else ""
    return {
        "member": member,
        "title": member.name,
        "crumbs": crumbs_of(member),
        "tab": tab,
        "tabs": _tabs(member, tab),
        "party_age": age_in_words(member, today),
        "completeness": completeness(member),
        "as_of": clock.now(),
        "may_edit": can(actor, MemberPermission.EDIT, member),
        "may_move": can(actor, MemberPermission.MOVE, member),
        "may_reveal": can(actor, MemberPermission.REVEAL, member),
        "reveal": RevealForm(),
        "photo_form": PhotoForm(),
        "shown": {},
        **_tab_context(actor, member, tab, today),
    }


def crumbs_of(member: Member, *more: str) -> list[dict[str, str]]:
    """The way to a page of a file; the last one is the page itself."""
    org = member.org.short_name or member.org.name
    way = [
        {"label": "党员名册", "url": reverse("members")},
        {"label": org, "url": f"{reverse('members')}?org={member.org_id}"},
        {"label": member.name, "url": reverse("member", args=[member.pk])},
    ]
    return (
        [*way, *({"label": label} for label in more)]
        if more
        else [*way[:-1], {"label": member.name}]
    )


def completeness(member: Member) -> Completeness:
    return completeness_of(member, kinds=kinds_of(member))


def age_in_words(member: Member, today: dt.date) -> str:
    """党龄 in words, with its adjustment (rulebook 2.4)."""
    years = party_age(member.full_on, today, member.party_age_adjust_months)
    if years is None:
        return ""
    adjusted = member.party_age_adjust_months
    told = f"{years} 年" if years else "不满 1 年"
    return f"{told}（含校正 {adjusted:+d} 个月）" if adjusted else told


def _tabs(member: Member, tab: str) -> list[dict[str, Any]]:
    home = reverse("member", args=[member.pk])
    return [
        {"label": label, "url": f"{home}?tab={key}" if key else home, "is_current": key == tab,
         "count": None}
        for key, label in TABS
    ]  # fmt: skip


def _tab_context(actor: Actor, member: Member, tab: str, today: dt.date) -> dict[str, Any]:
    if tab == "sets":
        return {"sets": sets_of(actor, member)}
    if tab == "growth":
        growth = growth_of(actor, member)
        return {"growth": growth, "hours": growth.hours_in(today.year)}
    if tab == "history":
        return {"history": _history(member), "corrections": corrections_of(member)}
    return {
        "panels": _panels(member, today),
        "masked": [
            (key, label, getattr(member, f"{key}_masked"))
            for key, label in zip(_MASKED, ("身份证号", "手机号码", "现居住地"), strict=True)
        ],
        "sections": sections_for(actor, member, today=today),
    }


def _panels(member: Member, today: dt.date) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups of the file as the overview shows them; what is masked stands by itself."""
    panels = []
    for group, rows in groups_of(member):
        if group is Group.CONTACT:
            continue
        pairs = [(field.label, text) for field, text in rows if field.key not in _MASKED]
        if group is Group.BASICS and member.birth_on:
            age = f"{member.birth_on}（{whole_years(member.birth_on, today)} 岁）"
            pairs = [(label, age if label == "出生日期" else text) for label, text in pairs]
        if group is Group.PARTY:
            pairs = [("所在党组织", member.org.name), *pairs[:3]]
            pairs += [("党龄", age_in_words(member, today))]
            pairs += [(f.label, text) for f, text in rows[3:]]
        panels.append((str(group), pairs))
    return panels


def _paper(member: Member, today: dt.date) -> list[tuple[str, list[list[tuple[str, str]]]]]:
    """The groups of the file, two fields a line; Party age stands with the Party's fields."""
    groups = []
    for group, rows in groups_of(member):
        told = [(field.label, text) for field, text in rows]
        if group is Group.PARTY:
            told.insert(3, ("党龄", age_in_words(member, today)))
        groups.append((str(group), [told[at : at + 2] for at in range(0, len(told), 2)]))
    return groups


def _history(member: Member) -> list[dict[str, Any]]:
    return [
        {
            "at": entry.at,
            "title": f"{entry.who}{entry.what}",
            "text": "；".join(entry.details),
            "tone": entry.tone,
        }
        for entry in history_of(member)
    ]
