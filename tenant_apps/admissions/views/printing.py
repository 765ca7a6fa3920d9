"""Papers to print: the notice, the register of inspection, the resolution, the whole file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.errors import NotFound
from kernel.permissions import PUBLIC
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import checking, opening


class NoSuchPaper(NotFound):
    code = "admission_print_unknown"
    sentence = "这份材料还不能打印：相应的步骤尚未办理。"


class PrintPaper(Page):
    """``/admissions/<id>/print/<what>/``."""

    permission = AdmissionPermission.BROWSE
    is_paper = True

    def get(self, request: HttpRequest, case_id: UUID, what: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.BROWSE)
        if what not in checking.TITLES:
            raise NoSuchPaper
        view = selectors.view_of(case, today=clock.today())
        acts = {one.act.key: one for one in view.acts}
        needed = checking.OF_A_STEP.get(what, "application")
        if needed not in acts or not acts[needed].tries:
            raise NoSuchPaper
        committee = selectors.committee_of(case.org)
        step = acts[needed].tries[0]
        code = checking.code_for(case=case, what=what, step=step, now=clock.now())
        return self.render(
            template=f"admissions/print_{what if what != 'probation' else 'register'}.html",
            title=checking.TITLES[what],
            what=what,
            case=case,
            view=view,
            acts=acts,
            subject=acts[needed],
            labels=opening.labels_of(case),
            committee=committee.name if committee else "",
            back_url=reverse("admissions:case", args=[case.pk]),
            today=clock.today(),
            check_url=request.build_absolute_uri(reverse("admissions:check", args=[code])),
        )


class CheckPaper(Page):
    """``/admissions/check/<code>/``: genuine or not; of the name no more than the surname."""

    permission = PUBLIC
    template_name = "admissions/check.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        found = checking.check(code, now=clock.now())
        return self.render(title="材料查验", lead="核对发展党员材料的真伪。", found=found)
