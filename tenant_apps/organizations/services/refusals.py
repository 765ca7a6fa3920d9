"""Why the tree does not let itself be changed."""

from __future__ import annotations

from django.db import IntegrityError

from kernel.errors import Conflict, Invalid
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.selectors import rules


class NameTaken(Conflict):
    code = "organization_name_taken"
    sentence = "同一上级下已有名为「{name}」的党组织，请换一个名称。"


class CodeTaken(Conflict):
    code = "organization_code_taken"
    sentence = "组织编码 {code} 已被其他党组织使用，请核对后填写。"


class OwnDescendant(Conflict):
    code = "organization_own_descendant"
    sentence = "不能把「{name}」移到或并入它自己或它的下级组织。"


class RootStays(Conflict):
    code = "organization_root_stays"
    sentence = "「{name}」是本单位的最高党组织，不能移动、合并、分设或撤销。"


class AlreadyThere(Conflict):
    code = "organization_already_there"
    sentence = "「{name}」已经在「{parent}」之下，无需移动。"


class KindDoesNotFit(Invalid):
    code = "organization_kind_does_not_fit"
    sentence = "「{parent}」是{parent_kind}，其下不能设{kind}。{advice}"


class HoldsNoMembers(Conflict):
    code = "organization_holds_no_members"
    sentence = "「{name}」是{kind}，不能接收党员的正式组织关系。请先把党员转到党支部。"


class TooFewFullMembers(Conflict):
    code = "organization_too_few_full_members"
    sentence = (
        "「{name}」只有 {count} 名正式党员，不足 3 名，不能单独设立党支部。"
        "可改设联合党支部，或填写上级批准的文号。"
    )


def refuse_kind(kind: str, parent: Organization | None) -> None:
    """Raises KindDoesNotFit where the table of types has no such child (rulebook 1.1)."""
    if parent is None or rules.may_hang(kind, parent.kind):
        return
    below = rules.BELOW.get(parent.kind, ())
    advice = f"其下可设：{'、'.join(one.label for one in below)}。" if below else "其下不设组织。"
    raise KindDoesNotFit(
        parent=parent.short_name or parent.name,
        parent_kind=Kind(parent.kind).label,
        kind=Kind(kind).label,
        advice=advice,
    )


def refuse_children(kind: str, organization: Organization, *, but: tuple[str, ...] = ()) -> None:
    """Raises KindDoesNotFit if something below would not fit were it of type ``kind``."""
    fitting = [*rules.BELOW.get(kind, ()), *but]
    child = Organization.objects.filter(parent=organization).exclude(kind__in=fitting).first()
    if child is not None:
        raise KindDoesNotFit(
            parent=organization.short_name or organization.name,
            parent_kind=Kind(kind).label,
            kind=Kind(child.kind).label,
            advice=f"请先把「{child.short_name or child.name}」等下级组织移走。",
        )


def refuse_too_few(name: str, kind: str, full_members: int, document: str) -> None:
    """Raises TooFewFullMembers for a regular branch below three without approval (rulebook 1.2)."""
    if rules.too_few(kind, full_members) and not document.strip():
        raise TooFewFullMembers(name=name, count=full_members)


def refusal_of(clash: IntegrityError, name: str, code: str = "") -> Exception:
    """The domain's word for a broken constraint; one it does not know stays as it is."""
    if "organizations_sibling_name_unique" in str(clash):
        return NameTaken(name=name)
    if "organizations_code_unique" in str(clash) or "national_code" in str(clash):
        return CodeTaken(code=code)
    return clash
