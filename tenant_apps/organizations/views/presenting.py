"""What pages of the tree show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.permissions import can
from kernel.web.views import Page
from shared_apps.rules.selectors import codes
from tenant_apps.organizations import selectors
from tenant_apps.organizations.forms import RevealForm
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import rules

LINKS = selectors.Links(node="/organizations/{id}/", children="/organizations/tree/{id}/")
FIELDS = {
    "organization_name_taken": "name",
    "organization_code_taken": "code",
    "organization_kind_does_not_fit": "kind",
    "organization_too_few_full_members": "document",
    "organization_temporary_needs": "temporary_until",
    "organization_phone_not_possible": "contact_phone",
    "organization_reason_needed": "reason",
    "organization_paper_refused": "paper",
    "organization_day_not_possible": "on",
    "organization_branch_needed": "branch",
}
"""At which field a refusal is shown."""


def page_context(page: Page, organization: Organization | None) -> dict[str, Any]:
    """Everything on an organisation's page; without one, an empty tree."""
    actor, text = page.actor, page.request.GET.get("org_q", "").strip()[:60]
    selected = organization.pk if organization else None
    tree = (
        selectors.found_in_tree(actor, links=LINKS, text=text, selected=selected)
        if text
        else selectors.tree_visible_to(actor, links=LINKS, selected=selected)
    )
    context: dict[str, Any] = {
        "title": "组织架构",
        "tree": tree,
        "org_q": text,
        "as_of": clock.now(),
    }
    if organization is None:
        return context
    count = selectors.headcounts([organization.path])[organization.path]
    today = clock.today()
    workplaces = list(organization.workplaces.order_by("name"))
    children = selectors.level_visible_to(actor, links=LINKS, below=organization.pk)
    if organization.can_hold_members:  # its groups are told with their members, in a part below
        children = [child for child in children if child.type != Kind.GROUP]
    chiefs = selectors.secretaries([organization.pk, *(child.id for child in children)])
    for child in children:
        child.secretary = child.secretary or chiefs.get(child.id, "")
    return context | {
        "org": organization,
        "title": organization.short_name or organization.name,
        "crumbs": crumbs_of(actor, organization),
        "count": count,
        "members_url": f"/members/?org={organization.pk}",
        "warnings": selectors.warnings_of(organization, count, today=today, units=len(workplaces)),
        "pairs": _pairs(organization, chiefs.get(organization.pk, "")),
        "workplaces": workplaces,
        "children": children,
        "sections": selectors.sections_for(actor, organization, today=today),
        "history": selectors.history_of(organization),
        "reveal": RevealForm(),
        "phone": "",
        **_rights(actor, organization),
    }


def _rights(actor: Actor, organization: Organization) -> dict[str, bool]:
    parent = organization.parent
    superior = parent or organization
    may_decide = can(actor, OrganizationPermission.RESTRUCTURE, superior)
    return {
        "may_edit": can(actor, OrganizationPermission.EDIT, organization),
        "may_add": can(actor, OrganizationPermission.EDIT, organization)
        and bool(rules.BELOW.get(organization.kind)),
        "may_move": parent is not None and can(actor, OrganizationPermission.MOVE, organization),
        "may_decide": may_decide and parent is not None,
        "may_reveal": bool(organization.contact_phone_masked)
        and can(actor, OrganizationPermission.REVEAL, organization),
        "may_retype": may_decide and organization.kind in rules.CONVERTIBLE,
    }


def form_context(title: str, organization: Organization, form: Any) -> dict[str, Any]:
    name = organization.short_name or organization.name
    return {
        "title": f"{title} · {name}",
        "heading": title,
        "org": organization,
        "form": form,
        "crumbs": [
            {"label": "组织架构", "url": reverse("organizations")},
            {"label": name, "url": reverse("organization", args=[organization.pk])},
            {"label": title},
        ],
    }


def crumbs_of(actor: Actor, organization: Organization) -> list[dict[str, str]]:
    """At most three: the tree, the parent that the actor sees, the organisation."""
    above = selectors.ancestors_of(actor, organization)[:-1]
    crumbs = [{"label": "组织架构", "url": reverse("organizations")}]
    crumbs += [
        {"label": one.short_name or one.name, "url": reverse("organization", args=[one.pk])}
        for one in above[-1:]
    ]
    return [*crumbs, {"label": organization.short_name or organization.name}]


def _pairs(organization: Organization, secretary: str) -> Sequence[tuple[str, object]]:
    def day(value: Any) -> str:
        return f"{value:%Y-%m-%d}" if value else ""

    pairs: list[tuple[str, object]] = [
        ("全称", organization.name),
        ("类型", organization.get_kind_display()),
        ("书记", organization.appointed_secretary or secretary),
        ("组织编码", organization.code),
        ("成立日期", day(organization.founded_on)),
        ("任期届满", day(organization.term_ends_on)),
        ("所在单位情况", codes.table("unit_situation").label_of(organization.unit_situation)),
        ("所在地", organization.region),
    ]
    if organization.kind in rules.TEMPORARY:
        pairs.append(("设立期限", day(organization.temporary_until)))
    if organization.national_code:
        pairs.append(("全国系统编码", organization.national_code))
    return pairs
