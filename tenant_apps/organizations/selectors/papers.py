"""The approval document that a decision about an organisation rests on."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.organizations.models import Turn
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import gates


class PaperNotFound(NotFound):
    code = "organization_paper_not_found"
    sentence = "没有找到这份批复文件，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Paper:
    """A file in the unit's store, as the turns of an act name it."""

    org_id: UUID
    act: UUID
    key: str
    name: str
    size: int


def paper_for(actor: Actor, org_id: UUID, act_id: UUID) -> Paper:
    """The document of an act, for whoever sees an organisation that the act concerned.

    Raises OrganizationNotFound outside the actor's sub-trees, PaperNotFound where the act had
    nothing to do with the organisation or came without a paper.
    """
    gates.past_organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
    turn = Turn.objects.filter(act=act_id, org_id=org_id, data__has_key="paper").first()
    if turn is None:
        raise PaperNotFound
    told = turn.data["paper"]
    return Paper(org_id, act_id, told["key"], told["name"], told["size"])
