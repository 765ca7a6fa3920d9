"""Papers of a case: print one, fetch a scan, add one, check whether a printed one is genuine."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock, crypto
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from kernel.web.downloads import handed_in
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import electors, papers
from tenant_apps.elections.selectors.composition import POSTS
from tenant_apps.elections.services import confirming, counting, filing


class PrintPaper(Page):
    """``/elections/papers/<step>/``: the request, the reply, the notice, the minutes."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/paper.html"
    is_paper = True

    def get(self, request: HttpRequest, step_id: UUID) -> HttpResponse:
        paper = papers.printed(self.actor, step_id)
        election = paper.election
        check = reverse("elections:check", args=[filing.check_code(paper.step)])
        body = papers.body_of(paper, request.GET.get("body", ""))
        return self.render(
            title=body.title,
            body_name=body.name,
            offices=body.offices,
            paper=paper,
            step=paper.step,
            election=election,
            org=election.org,
            turnout=electors.turnout_of(election),
            excluded=electors.excluded_of(election),
            ballots=[(one, counting.names_of(one)) for one in election.ballots.all()],
            elected=confirming.elected_by(election),
            division=[
                (name, POSTS[code])
                for member, name in confirming.ordinary_of(election)
                for code in [paper.step.data.get("division", {}).get(member, "19")]
            ],
            check_url=request.build_absolute_uri(check),
            back_url=reverse("elections:election", args=[election.pk]),
            **papers.context_of(paper),
        )


class CheckPaper(Page):
    """``/elections/check/<code>/``: genuine or not; says no more than the paper itself shows."""

    permission = PUBLIC
    template_name = "elections/check.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        try:
            found = papers.genuine(filing.step_of(code, now=clock.now()))
        except crypto.BadLink:
            found = None
        return self.render(title="材料查验", lead="核对换届材料的真伪。", found=found)


class StepFile(Page):
    """``/elections/steps/<step>/files/<number>/``: a scan."""

    permission = ElectionPermission.BROWSE

    def get(self, request: HttpRequest, step_id: UUID, number: int) -> HttpResponse:
        step = papers.step_for(self.actor, step_id)
        name, content = filing.content_of(
            step=step, number=number, actor=self.actor, now=clock.now()
        )
        return handed_in(content, name=name)


class AttachFiles(Page):
    """``/elections/steps/<step>/files/``: adds scans to a step that was done."""

    permission = ElectionPermission.PREPARE
    template_name = "elections/simple_form.html"

    def get(self, request: HttpRequest, step_id: UUID) -> HttpResponse:
        return self._shown(step_id, forms.AttachForm())

    def post(self, request: HttpRequest, step_id: UUID) -> HttpResponse:
        form = forms.AttachForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._shown(step_id, form, status=422)
        step = papers.step_for(self.actor, step_id)
        try:
            filing.attach(
                step=step, files=form.cleaned_data["scans"], actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error, "scans")
            return self._shown(step_id, form, status=422)
        toast(request, f"已补充 {len(form.cleaned_data['scans'])} 个文件")
        return HttpResponseRedirect(reverse("elections:election", args=[step.election_id]))

    def _shown(self, step_id: UUID, form: forms.AttachForm, status: int = 200) -> HttpResponse:
        step = papers.step_for(self.actor, step_id)
        back = reverse("elections:election", args=[step.election_id])
        return self.render(
            title="补充材料",
            scope=step.get_act_display(),
            crumbs=[
                {"label": "换届与任职", "url": reverse("elections:elections")},
                {"label": step.election.get_kind_display(), "url": back},
                {"label": "补充材料"},
            ],
            form=form,
            submit="上传",
            back_url=back,
            is_upload=True,
            status=status,
        )
