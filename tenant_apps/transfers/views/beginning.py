"""Beginning a transfer at the desk: choose people, say where to; or enter a paper letter."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.exchange import selectors as exchange
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.forms import WAYS, PaperForm, PlanForm
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors import places
from tenant_apps.transfers.services import batches, receiving, whole

_LIST = {"label": "组织关系转接", "url": "/transfers/"}
_FOUND = 30


class NewTransfer(Page):
    """``/transfers/new/``: without people it looks for them, with them it asks where to.

    ``branch`` in place of people means the branch with everybody in it.
    """

    permission = TransferPermission.PREPARE
    template_name = "transfers/new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        way = self._way(request.GET)
        return self._shown(request.GET, PlanForm(initial={"way": way}), way)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PlanForm(request.POST)
        if form.is_valid():
            try:
                made = self._begin(form)
            except DomainError as error:
                self.form_error(form, error, _FIELDS.get(error.code))
            else:
                toast(request, f"已提交 {len(made)} 人的组织关系转接，等待党委审批。")
                if len(made) == 1:
                    return HttpResponseRedirect(reverse("transfers:one", args=[made[0].pk]))
                return HttpResponseRedirect(reverse("transfers:list"))
        return self._shown(request.POST, form, self._way(request.POST), status=422)

    def _begin(self, form: PlanForm) -> list[Any]:
        to, now = form.cleaned_data["to"], clock.now()
        plan = form.plan(organizations.organizations_by_id([to]).get(to) if to else None)
        branch = self._branch(self.request.POST)
        if branch is not None:
            return whole.begin(branch=branch, plan=plan, actor=self.actor, now=now)
        people = self._people(self.request.POST)
        return batches.begin(members=people, plan=plan, actor=self.actor, now=now)

    def _shown(self, data: QueryDict, form: PlanForm, way: str, status: int = 200) -> HttpResponse:
        people, branch = self._people(data), self._branch(data)
        find = data.get("find", "").strip()[:60]
        chosen = bool(people or branch)
        return self.render(
            status=status,
            title="发起转接",
            crumbs=[_LIST, {"label": "发起转接"}],
            form=form,
            people=people,
            whole=branch,
            ids=",".join(str(one.pk) for one in people),
            way=way,
            ways=self._ways(people, branch, way),
            find=find,
            found=self._found(way, find, people) if chosen else [],
            q=data.get("q", "").strip()[:60],
            candidates=[] if chosen else self._candidates(data.get("q", "")),
            branches=[] if chosen else self._branches(),
        )

    def _people(self, data: QueryDict) -> list[Any]:
        sent = [*data.getlist("id"), *data.get("ids", "").split(",")]
        ids = [found for found in map(_uuid, sent) if found is not None]
        found = members.members_for(self.actor, ids, to=MemberPermission.READ) if ids else []
        return [one for one in found if can(self.actor, TransferPermission.PREPARE, one)]

    def _branch(self, data: QueryDict) -> Any:
        pk = _uuid(data.get("branch", ""))
        if pk is None:
            return None
        return organizations.organization_for(self.actor, pk, to=TransferPermission.PREPARE)

    def _way(self, data: QueryDict) -> str:
        way = data.get("way", "")
        if self._branch(data) is not None and way not in ("unit", "outside"):
            return "unit"
        return way if way in dict(WAYS) else "within"

    def _ways(self, people: list[Any], branch: Any, way: str) -> list[dict[str, Any]]:
        who = f"branch={branch.pk}" if branch else "ids=" + ",".join(str(p.pk) for p in people)
        return [
            {"label": label, "url": f"?way={key}&{who}", "is_current": key == way}
            for key, label in WAYS
            if not (branch and key == "within")
        ]

    def _found(self, way: str, find: str, people: list[Any]) -> list[Any]:
        if way == "unit":
            return list(exchange.search(find))
        own = {one.org_id for one in people}
        return places.branches_named(find, but=own) if way == "within" else []

    def _candidates(self, q: str) -> list[Any]:
        filters = members.Filters(q=q.strip()[:60])
        rows = members.members_visible_to(self.actor, filters=filters)
        return list(members.sorted_by(rows, "name")[:_FOUND]) if q.strip() else []

    def _branches(self) -> list[Any]:
        visible = organizations.organizations_visible_to(self.actor)
        return list(organizations.that_hold_members(visible)[:_FOUND])


_FIELDS = {
    "transfer_arrears_unexplained": "arrears_note",
    "transfer_papers_missing": "papers",
}


class NewPaperLetter(Page):
    """``/transfers/paper/``: a letter of an organisation outside the platform."""

    permission = TransferPermission.PREPARE
    template_name = "transfers/paper.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(PaperForm(branches=self._branches()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PaperForm(request.POST, branches=self._branches())
        if form.is_valid():
            try:
                org = organizations.organization_for(
                    self.actor, UUID(form.cleaned_data["branch"]), to=TransferPermission.PREPARE
                )
                made = receiving.register(
                    paper=form.paper(), org=org, actor=self.actor, now=clock.now()
                )
            except DomainError as error:
                self.form_error(form, error)
            else:
                toast(request, f"已登记 {made.name} 的介绍信，等待另一位管理员审批接收。")
                return HttpResponseRedirect(reverse("transfers:one", args=[made.pk]))
        return self._shown(form, status=422)

    def _branches(self) -> list[tuple[str, str]]:
        visible = organizations.organizations_visible_to(self.actor)
        found = organizations.that_hold_members(visible)[:500]
        return [(str(one.pk), one.short_name or one.name) for one in found]

    def _shown(self, form: PaperForm, status: int = 200) -> HttpResponse:
        crumbs = [_LIST, {"label": "登记纸质介绍信"}]
        return self.render(title="登记纸质介绍信", crumbs=crumbs, form=form, status=status)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
