"""What is kept beside the steps: notes and papers."""

from __future__ import annotations

from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError, NotFound
from kernel.papers import HINT
from kernel.web.downloads import handed_in
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.forms import NoteForm, PaperForm
from tenant_apps.admissions.models import Case, NoteKind
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import going, notes, papers, texting
from tenant_apps.admissions.views.cases import titled


class AddNote(Page):
    """``/admissions/<id>/notes/<kind>/``."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/form.html"

    def get(self, request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        known = _kind(kind)
        form = NoteForm(kind=known, case=case, initial={"on": clock.today()})
        return self.render(**titled(_heading(known), case), form=form)

    def post(self, request: HttpRequest, case_id: UUID, kind: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        known = _kind(kind)
        form = NoteForm(request.POST, kind=known, case=case)
        if form.is_valid() and (said := self._add(case, known, form)):
            toast(request, said)
            return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))
        return self.render(**titled(_heading(known), case), form=form, status=422)

    def _add(self, case: Case, kind: NoteKind, form: NoteForm) -> str:
        """What was done, in words; empty where it was refused."""
        given = dict(form.cleaned_data)
        by_text = given.pop("by_text", False)
        given |= {"actor": self.actor, "today": clock.today(), "now": clock.now()}
        try:
            if by_text:
                _, sent = notes.notify(case=case, **given)
                return (
                    "已通知本人，并发送提醒短信。" if sent else "已通知本人。今天已发过提醒短信。"
                )
            notes.add(case=case, kind=kind, **given)
        except DomainError as error:
            self.form_error(form, error)
            return ""
        return "已通知本人。" if kind == NoteKind.NOTICE else f"已记录{kind.label}。"


class InviteApplicant(Page):
    """``/admissions/<id>/invite/``: asks the person by text message to sign in."""

    permission = AdmissionPermission.RECORD

    def post(self, request: HttpRequest, case_id: UUID) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        texting.invite(case=case, actor=self.actor, now=clock.now())
        toast(request, f"已向「{case.name}」发送邀请短信。")
        return HttpResponseRedirect(reverse("admissions:case", args=[case.pk]))


class StrikeNote(Page):
    """``/admissions/notes/<id>/strike/``."""

    permission = AdmissionPermission.RECORD

    def post(self, request: HttpRequest, note_id: UUID) -> HttpResponse:
        note = selectors.note_for(self.actor, note_id, to=AdmissionPermission.RECORD)
        notes.strike(note=note, actor=self.actor, now=clock.now())
        toast(request, "已移除，原记录保留在档案中。", level="info")
        return HttpResponseRedirect(reverse("admissions:case", args=[note.case_id]))


class HandIn(Page):
    """``/admissions/<id>/papers/<act>/``: uploads a file, with progress."""

    permission = AdmissionPermission.RECORD
    template_name = "admissions/hand_in.html"

    def get(self, request: HttpRequest, case_id: UUID, act: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        return self._shown(case, act, self._form(case, act))

    def post(self, request: HttpRequest, case_id: UUID, act: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.RECORD)
        form, file = self._form(case, act, request), request.FILES.get("file")
        if file is None or not form.is_valid():
            return self._shown(case, act, form, drop_error="请选择文件", status=422)
        try:
            papers.hand_in(
                case=case,
                act=act,
                **form.cleaned_data,
                file_name=file.name or "",
                content=file.read(papers.MOST_BYTES + 1),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            return self._shown(case, act, form, drop_error=error.message, status=422)
        toast(request, "材料已上传。")
        return gone_to(self, reverse("admissions:case", args=[case.pk]))

    def _form(self, case: Case, act: str, request: HttpRequest | None = None) -> PaperForm:
        rule = going.pack_of(case).acts.get(act)
        if rule is None:
            raise selectors.CaseNotFound
        kind = self.request.GET.get("kind", rule.documents[0].key if rule.documents else "")
        return PaperForm(request.POST if request else None, act=rule, initial={"kind": kind})

    def _shown(
        self, case: Case, act: str, form: Form, *, drop_error: str = "", status: int = 200
    ) -> HttpResponse:
        rule = going.pack_of(case).acts[act]
        return self.render(
            template="admissions/parts/hand_in_form.html" if self.is_htmx else None,
            **titled(f"上传材料：{rule.name}", case),
            form=form,
            drop_error=drop_error,
            accept=",".join(papers.ACCEPTED),
            hint=HINT,
            status=status,
        )


class PaperFile(Page):
    """``/admissions/papers/<id>/``: the file as it was handed in."""

    permission = AdmissionPermission.BROWSE

    def get(self, request: HttpRequest, paper_id: UUID) -> HttpResponse:
        paper = selectors.paper_for(self.actor, paper_id, to=AdmissionPermission.BROWSE)
        return handed_in(papers.read(paper), name=paper.file_name, is_shown=True)


class StrikePaper(Page):
    """``/admissions/papers/<id>/strike/``."""

    permission = AdmissionPermission.RECORD

    def post(self, request: HttpRequest, paper_id: UUID) -> HttpResponse:
        paper = selectors.paper_for(self.actor, paper_id, to=AdmissionPermission.RECORD)
        papers.strike(paper=paper, actor=self.actor, now=clock.now())
        toast(request, "已移除，文件保留在档案中。", level="info")
        return HttpResponseRedirect(reverse("admissions:case", args=[paper.case_id]))


class NoSuchNote(NotFound):
    code = "admission_note_kind_unknown"
    sentence = "没有这种记录。"


def gone_to(page: Page, address: str) -> HttpResponse:
    """Where a form leads that was sent with its progress shown, or without."""
    if not page.is_htmx:
        return HttpResponseRedirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def _heading(kind: NoteKind) -> str:
    return kind.label if kind == NoteKind.NOTICE else f"记录{kind.label}"


def _kind(text: str) -> NoteKind:
    if text not in NoteKind.values:
        raise NoSuchNote
    return NoteKind(text)
