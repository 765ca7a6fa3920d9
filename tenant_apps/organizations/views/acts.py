"""Pages on which the tree is changed by decision: each tells first what it would do."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock, crypto
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import DecisionForm
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import previews
from tenant_apps.organizations.services import merging, moving, undoing
from tenant_apps.organizations.services.turns import Decision
from tenant_apps.organizations.views.presenting import FIELDS, form_context

UNDO = "organization.act"
MOST_CHOICES = 30


class Towards(Page, abstract=True):
    """Choose another organisation, read what would happen, decide.

    ``?to=`` names the chosen one, ``?q=`` narrows the choices.
    """

    template_name = "organizations/towards.html"
    heading: ClassVar[str]
    question: ClassVar[str]
    button: ClassVar[str]
    needs_target: ClassVar[bool] = True

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = self.organization(org_id)
        target = self._target(request.GET.get("to", ""))
        form = DecisionForm(today=clock.today())
        try:
            if target is not None:
                self.refuse(organization, target)
        except DomainError as error:
            return self._shown(organization, None, form, problem=error.message, status=422)
        return self._shown(organization, target, form)

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = self.organization(org_id)
        form = DecisionForm(request.POST, request.FILES, today=clock.today())
        target = None
        try:
            target = self._target(request.POST.get("to", ""))
            if not form.is_valid():
                return self._shown(organization, target, form, status=422)
            act = self.carry_out(organization, target, form.decision())
        except DomainError as error:
            if error.code in FIELDS and FIELDS[error.code] in form.fields:
                self.form_error(form, error, FIELDS[error.code])
                return self._shown(organization, target, form, status=422)
            return self._shown(organization, target, form, problem=error.message, status=422)
        toast(request, self.done(organization, target), undo_url=undo_url(act))
        return HttpResponseRedirect(self.landing(organization, target))

    @abstractmethod
    def organization(self, org_id: UUID) -> Organization:
        """Loads and authorises the one that is changed."""

    @abstractmethod
    def choices(self, organization: Organization) -> QuerySet[Organization]:
        """What may be chosen."""

    @abstractmethod
    def refuse(self, organization: Organization, target: Organization) -> None:
        """Raises what speaks against this choice at once."""

    @abstractmethod
    def preview(
        self, organization: Organization, target: Organization | None
    ) -> previews.Preview: ...

    @abstractmethod
    def carry_out(
        self, organization: Organization, target: Organization | None, decision: Decision
    ) -> UUID: ...

    @abstractmethod
    def done(self, organization: Organization, target: Organization | None) -> str: ...

    def landing(self, organization: Organization, target: Organization | None) -> str:
        return reverse("organization", args=[organization.pk])

    def _target(self, text: str) -> Organization | None:
        if not text:
            return None
        return selectors.organization_for(self.actor, parsed(text), to=self.permission)

    def _shown(
        self,
        organization: Organization,
        target: Organization | None,
        form: DecisionForm,
        problem: str = "",
        status: int = 200,
    ) -> HttpResponse:
        text = self.request.GET.get("q", "").strip()[:60]
        found = self.choices(organization)
        if text:
            found = found.filter(pk__in=selectors.search(self.actor, text).values("pk"))
        context: dict[str, Any] = form_context(self.heading, organization, form)
        return self.render(
            **context,
            question=self.question,
            button=self.button,
            needs_target=self.needs_target,
            target=target,
            choices=[] if target else list(found[:MOST_CHOICES]),
            q=text,
            preview=self.preview(organization, target),
            problem=problem,
            status=status,
        )


class MoveOrganization(Towards):
    """``/organizations/<id>/move/``."""

    permission = OrganizationPermission.MOVE
    heading = "移动组织"
    question = "移到哪个组织之下"
    button = "移动"

    def organization(self, org_id: UUID) -> Organization:
        return selectors.organization_for(self.actor, org_id, to=self.permission)

    def choices(self, organization: Organization) -> QuerySet[Organization]:
        return selectors.that_can_be_parents(self.actor, organization)

    def refuse(self, organization: Organization, target: Organization) -> None:
        moving.refuse_move(organization, target)

    def preview(self, organization: Organization, target: Organization | None) -> previews.Preview:
        return previews.of_move(organization, target)

    def carry_out(
        self, organization: Organization, target: Organization | None, decision: Decision
    ) -> UUID:
        if target is None:
            raise selectors.OrganizationNotFound
        return moving.move(
            organization=organization,
            parent=target,
            decision=decision,
            actor=self.actor,
            now=clock.now(),
        )

    def done(self, organization: Organization, target: Organization | None) -> str:
        return f"已将「{organization.short_name}」移到「{_name(target)}」之下"


class _Decided(Towards, abstract=True):
    """What the superior decides: mergers and dissolutions."""

    permission = OrganizationPermission.RESTRUCTURE

    def organization(self, org_id: UUID) -> Organization:
        found = selectors.organization_for(self.actor, org_id, to=self.permission)
        selectors.superior_for(self.actor, found, to=self.permission)
        return found

    def choices(self, organization: Organization) -> QuerySet[Organization]:
        return selectors.that_can_absorb(self.actor, organization)

    def refuse(self, organization: Organization, target: Organization) -> None:
        merging.refuse_merger(organization, target)

    def preview(self, organization: Organization, target: Organization | None) -> previews.Preview:
        return previews.of_merger(organization, target)

    def landing(self, organization: Organization, target: Organization | None) -> str:
        stays = target.pk if target else organization.parent_id
        return reverse("organization", args=[stays])


class MergeOrganization(_Decided):
    """``/organizations/<id>/merge/``."""

    heading = "合并组织"
    question = "并入哪个组织"
    button = "合并"

    def carry_out(
        self, organization: Organization, target: Organization | None, decision: Decision
    ) -> UUID:
        if target is None:
            raise selectors.OrganizationNotFound
        return merging.merge(
            source=organization,
            target=target,
            decision=decision,
            actor=self.actor,
            now=clock.now(),
        )

    def done(self, organization: Organization, target: Organization | None) -> str:
        return f"已将「{organization.short_name}」并入「{_name(target)}」"


class DissolveOrganization(_Decided):
    """``/organizations/<id>/dissolve/``: empty, or with a place for everybody."""

    heading = "撤销组织"
    question = "党员和下级组织转到哪里"
    button = "撤销组织"
    needs_target = False

    def carry_out(
        self, organization: Organization, target: Organization | None, decision: Decision
    ) -> UUID:
        return merging.dissolve(
            organization=organization,
            into=target,
            decision=decision,
            actor=self.actor,
            now=clock.now(),
        )

    def done(self, organization: Organization, target: Organization | None) -> str:
        return f"已撤销「{organization.short_name}」"


class MoveChoices(Page):
    """``/organizations/<id>/move/choices/``: what the dialog 「移动到…」 offers while one types."""

    permission = OrganizationPermission.MOVE
    template_name = "organizations/parts/choices.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        organization = selectors.organization_for(
            self.actor, org_id, to=OrganizationPermission.MOVE
        )
        text = request.GET.get("q", "").strip()[:60]
        found = selectors.that_can_be_parents(self.actor, organization)
        if text:
            found = found.filter(pk__in=selectors.search(self.actor, text).values("pk"))
        return self.render(org=organization, choices=list(found[:MOST_CHOICES]), q=text)


class UndoAct(Page):
    """``/organizations/acts/<token>/undo/``: calls off what was just decided."""

    permission = OrganizationPermission.MOVE

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        now = clock.now()
        kept = crypto.unsign(token, purpose=UNDO, now=now, max_age=undoing.UNDO_WITHIN)
        act_id = UUID(kept["act"])
        selectors.authorise_undoing(self.actor, act_id)
        concerned = undoing.undo(act_id=act_id, actor=self.actor, now=now)
        toast(request, "已撤销这次调整，组织恢复原状。", level="info")
        stays = next((org for org in concerned if org.ended_on is None), None)
        address = reverse("organization", args=[stays.pk]) if stays else reverse("organizations")
        return HttpResponseRedirect(address)


def undo_url(act: UUID) -> str:
    """Where an act is called off, for as long as that is possible."""
    token = crypto.sign({"act": str(act)}, purpose=UNDO, now=clock.now())
    return reverse("organization-act-undo", args=[token])


def parsed(text: str) -> UUID:
    """Raises OrganizationNotFound for what is no id."""
    try:
        return UUID(text)
    except ValueError as wrong:
        raise selectors.OrganizationNotFound from wrong


def _name(organization: Organization | None) -> str:
    return (organization.short_name or organization.name) if organization else ""
