"""Papers to print: the notice, the register of inspection, the resolution, the whole file."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.errors import NotFound
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import opening

_TITLES = {
    "notice": "发展对象公示",
    "register": "入党积极分子培养教育考察登记表",
    "probation": "预备党员教育考察登记表",
    "resolution": "支部大会决议",
    "file": "发展党员纪实",
}


class NoSuchPaper(NotFound):
    code = "admission_print_unknown"
    sentence = "这份材料还不能打印：相应的步骤尚未办理。"


class PrintPaper(Page):
    """``/admissions/<id>/print/<what>/``."""

    permission = AdmissionPermission.BROWSE
    is_paper = True

    def get(self, request: HttpRequest, case_id: UUID, what: str) -> HttpResponse:
        case = selectors.case_for(self.actor, case_id, to=AdmissionPermission.BROWSE)
        if what not in _TITLES:
            raise NoSuchPaper
        view = selectors.view_of(case, today=clock.today())
        acts = {one.act.key: one for one in view.acts}
        needed = {"notice": "candidate_notice", "resolution": "meeting"}.get(what, "application")
        if needed not in acts or not acts[needed].tries:
            raise NoSuchPaper
        committee = selectors.committee_of(case.org)
        return self.render(
            template=f"admissions/print_{what if what != 'probation' else 'register'}.html",
            title=_TITLES[what],
            what=what,
            case=case,
            view=view,
            acts=acts,
            subject=acts[needed],
            labels=opening.labels_of(case),
            committee=committee.name if committee else "",
            back_url=reverse("admissions:case", args=[case.pk]),
            today=clock.today(),
        )
