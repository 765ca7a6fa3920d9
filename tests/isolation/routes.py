"""Every address of every face, read from the URLconfs themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver

from kernel.permissions import PUBLIC

_VERBS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")

TABLES: dict[str, tuple[str, ...]] = {
    "member_id": ("members.Member",),
    "move_id": ("audit.Event",),
    "proposal_id": ("members.Proposal",),
    "change_id": ("members.Change",),
    "other_id": ("members.Member",),
    "saved_id": ("members.SavedList",),
    "entry_id": ("members.Entry",),
    "correction_id": ("members.Correction",),
    "event_id": ("audit.Event",),
    "org_id": ("organizations.Organization",),
    "act_id": ("organizations.Turn",),
    "workplace_id": ("organizations.Workplace",),
    "honour_id": ("organizations.Honour",),
    "export_id": ("members.Export",),
    "update_id": ("members.Update",),
    "bill_id": ("dues.Bill",),
    "relief_id": ("dues.Relief",),
    "contribution_id": ("dues.Contribution",),
    "hand_up_id": ("dues.HandUp",),
    "import_id": ("dues.StandardsImport",),
    "batch_id": ("dues.Standard",),
    "transfer_id": ("dues.Transfer",),
    "handover_id": ("transfers.Handover",),
    "receipt_id": ("dues.Receipt",),
    "resolution_id": ("dues.Resolution",),
    "slip_id": ("dues.Slip",),
    "lot_id": ("dues.Lot",),
    "entrustment_id": ("dues.Entrustment",),
    "order_id": ("payments.Order",),
    "card_id": ("dues.Receipt",),
    "grant_id": ("access.Grant",),
    "person_id": ("people.Person",),
    "invitation_id": ("people.Invitation",),
    "session_id": ("people.Session",),
    "takeout_id": ("tenants.Backup",),
    "access_id": ("support.Access",),
    "snapshot_id": ("insight.Snapshot",),
    "case_id": ("admissions.Case",),
    "difference_id": ("reconciliation.Case",),
    "bank_entry_id": ("reconciliation.Entry",),
    "note_id": ("admissions.Note",),
    "paper_id": ("admissions.Paper",),
    "election_id": ("elections.Election",),
    "step_id": ("elections.Step",),
    "post_id": ("elections.Post",),
    "account_id": ("settlement.Account",),
    "instruction_id": ("settlement.Instruction",),
    "voucher_id": ("treasury.Voucher",),
    "run_id": ("treasury.SweepRun",),
    "line_id": ("treasury.SweepLine",),
    "list_id": ("treasury.HandoverList",),
    "rule_id": ("treasury.OrgRule",),
    "comment_id": ("treasury.Comment",),
}
"""What the name of a parameter of a unit's route leads to.  A new name fails the battery."""
WORDS = {
    "year": "2026", "kind": "THOUGHT", "act": "approval", "what": "file", "channel": "wechat",
}  # fmt: skip
"""Words that mean something in an address; any other is 1."""


@dataclass(frozen=True)
class Route:
    """One address of one face with the verbs that its view has."""

    face: str
    address: str
    verbs: tuple[str, ...]
    permission: str

    @property
    def is_public(self) -> bool:
        return self.permission == PUBLIC

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(name for _, name in _PARAMETER.findall(self.address))

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of its parameters that are keys of rows."""
        return tuple(name for kind, name in _PARAMETER.findall(self.address) if kind == "uuid")

    def filled(self, **values: Any) -> str:
        """The address with these values; a month is November 2026."""

        def one(match: re.Match[str]) -> str:
            kind, name = match.groups()
            usual = "2026-11" if kind == "month" else WORDS.get(name, "1")
            return str(values.get(name, usual))

        return _PARAMETER.sub(one, self.address)


@cache
def all_routes() -> tuple[Route, ...]:
    return tuple(
        route
        for face, urlconf in settings.HOST_URLCONFS.items()
        for route in _walk(face, import_module(urlconf).urlpatterns, "/")
    )


def of_face(*faces: str) -> list[Route]:
    return [route for route in all_routes() if route.face in faces]


def _walk(face: str, entries: Any, prefix: str) -> Any:
    for entry in entries:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(face, entry.url_patterns, address)
        elif isinstance(entry, URLPattern):
            view = getattr(entry.callback, "view_class", None) or entry.callback.cls
            verbs = tuple(verb for verb in _VERBS if hasattr(view, verb))
            yield Route(face, address, verbs, str(view.permission))
