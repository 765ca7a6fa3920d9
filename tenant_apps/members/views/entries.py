"""The extended sets of a file: add a row, change it, strike it out, take it back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError, NotFound
from kernel.papers import ACCEPTED
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import EntryForm, StrikeForm
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for
from tenant_apps.members.selectors.entries import entry_for, shown_entry
from tenant_apps.members.selectors.entry_sets import SETS, EntrySet, set_named
from tenant_apps.members.services import entries, scans
from tenant_apps.members.views.files import crumbs_of


class SetUnknown(NotFound):
    code = "member_set_unknown"
    sentence = "没有这一类扩展信息，或须通过相应的业务办理登记。"


class EntryPage(Page, abstract=True):
    """A form for one row."""

    permission = MemberPermission.EDIT
    template_name = "members/entry.html"

    def shown(
        self, member: Member, form: EntryForm, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        act = "修改" if more.get("entry") else "新增"
        title = f"{act}{form.one.label} · {member.name}"
        crumbs = crumbs_of(member, f"{act}{form.one.label}")
        return self.render(
            member=member, form=form, set=form.one, title=title, crumbs=crumbs, status=status,
            back_url=sets_url(member, form.one), **more,
        )  # fmt: skip


class AddEntry(EntryPage):
    """``/members/<id>/entries/add/?kind=…``."""

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        if "kind" not in request.GET:
            return HttpResponseRedirect(f"{reverse('member', args=[member.pk])}?tab=sets")
        return self.shown(member, EntryForm(one=_by_hand(request.GET["kind"])))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        one = _by_hand(request.GET.get("kind", ""))
        form = EntryForm(request.POST, one=one)
        if form.is_valid():
            try:
                entries.add(
                    member=member, kind=one.kind, actor=self.actor, now=clock.now(),
                    **form.values(),
                )  # fmt: skip
            except DomainError as error:
                self.form_error(form, error, error.data.get("field"))
            else:
                toast(request, f"已新增一条{one.label}。")
                return HttpResponseRedirect(sets_url(member, one))
        return self.shown(member, form, status=422)


class ChangeEntry(EntryPage):
    """``/members/entries/<entry>/``."""

    def get(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        entry, one = _editable(self.actor, entry_id)
        return self._form(entry, EntryForm(one=one, entry=entry))

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        entry, one = _editable(self.actor, entry_id)
        form = EntryForm(request.POST, one=one, entry=entry)
        if form.is_valid():
            try:
                entries.change(entry=entry, actor=self.actor, now=clock.now(), **form.values())
            except DomainError as error:
                self.form_error(form, error, error.data.get("field"))
            else:
                toast(request, "已保存修改。")
                return HttpResponseRedirect(sets_url(entry.member, one))
        return self._form(entry, form, status=422)

    def _form(self, entry: Entry, form: EntryForm, *, status: int = 200) -> HttpResponse:
        return self.shown(
            entry.member, form, status=status, entry=entry, row=shown_entry(entry),
            strike=StrikeForm(), accept=",".join(ACCEPTED), scan_hint=scans.HINT,
        )  # fmt: skip


class StrikeEntry(Page):
    """``/members/entries/<entry>/strike/``."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        entry, one = _editable(self.actor, entry_id)
        reason = request.POST.get("reason", "")[:200]
        entries.strike(entry=entry, reason=reason, actor=self.actor, now=clock.now())
        undo = reverse("member-entry-restore", args=[entry.pk])
        toast(request, f"已划去一条{one.label}，记录仍保留。", undo_url=undo)
        return HttpResponseRedirect(sets_url(entry.member, one))


class RestoreEntry(Page):
    """``/members/entries/<entry>/restore/``."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        entry, one = _editable(self.actor, entry_id)
        entries.take_back(entry=entry, actor=self.actor, now=clock.now())
        toast(request, f"已恢复一条{one.label}。")
        return HttpResponseRedirect(sets_url(entry.member, one))


def sets_url(member: Member, one: EntrySet) -> str:
    """Where the set stands on the page of the file."""
    return f"{reverse('member', args=[member.pk])}?tab=sets#{one.key}"


def _editable(actor: Actor, entry_id: UUID) -> tuple[Entry, EntrySet]:
    """A row that people write themselves; raises SetUnknown for one of a decision."""
    entry = entry_for(actor, entry_id, to=MemberPermission.EDIT)
    return entry, _by_hand(SETS[EntryKind(entry.kind)].key)


def _by_hand(key: str) -> EntrySet:
    """A set whose rows people write; raises SetUnknown."""
    one = set_named(key)
    if one is None or one.by_decision:
        raise SetUnknown
    return one
