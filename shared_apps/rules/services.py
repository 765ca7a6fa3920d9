"""Loading the rule packs that ship with the product; entering what the Centre calls for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from shared_apps.rules.models import Campaign, RulePack
from shared_apps.rules.selectors import admission_packs, banks, campaigns, packs, working_days
from shared_apps.rules.selectors.admission import read_admission_pack

_FOLDER = Path(__file__).parent / "packs"
_NOT_COMPUTED: Final = frozenset({"effective_to", "article", "citations", "own"})


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], object]]] = {
    "dues": lambda content: packs.read_dues_pack(content, checksum=""),
    "admission": read_admission_pack,
    "calendar": working_days.read_calendar,
    "banks": banks.read_banks,
}


class PackChanged(RuntimeError):
    """A shipped version differs from the stored one: a change of the rules is a new version,
    because standards pin the version they were computed under.
    """


class CampaignInvalid(Invalid):
    code = "special_dues_call_invalid"
    sentence = "{problem}"


class CampaignOver(Conflict):
    code = "special_dues_call_over"
    sentence = "「{title}」已经结束。"


def seed() -> int:
    """Stores every shipped pack not stored yet; returns how many.  Doing it again does nothing.

    An end date may be added to a stored version (it was replaced), and what it cites may be set
    right; anything else raises PackChanged.
    """
    added = 0
    with transaction.atomic():
        for file in sorted(_FOLDER.glob("*.json")):
            added += _store(json.loads(file.read_text(encoding="utf-8")))
    for selector in (packs, admission_packs, working_days, banks):
        selector.forget()
    return added


def _store(content: dict[str, Any]) -> bool:
    checksum = _checksum(content)
    _READERS[content["code"]](content)  # a malformed pack stops here
    row, is_new = RulePack.objects.get_or_create(
        code=content["code"],
        version=content["version"],
        defaults={
            "effective_from": content["effective_from"],
            "effective_to": content["effective_to"],
            "content": content,
            "checksum": checksum,
        },
    )
    if not is_new and row.checksum != checksum and not _says_the_same(row, content):
        raise PackChanged(f"{row} was changed; ship it as a new version")
    if not is_new and row.content != content:
        row.effective_to, row.content, row.checksum = content["effective_to"], content, checksum
        row.save(update_fields=["effective_to", "content", "checksum"])
    return is_new


def _says_the_same(row: RulePack, content: dict[str, Any]) -> bool:
    """Whether an untouched stored version differs from a shipped one in citations only."""
    is_untouched = row.checksum == _checksum(row.content)
    return is_untouched and _rules_in(row.content) == _rules_in(content)


def _rules_in(value: Any) -> Any:
    """A pack without its end date and without what nothing is computed from: the articles that
    it cites, and who brings a paper.
    """
    if isinstance(value, dict):
        return {key: _rules_in(one) for key, one in value.items() if key not in _NOT_COMPUTED}
    return [_rules_in(one) for one in value] if isinstance(value, list) else value


def _checksum(content: dict[str, Any]) -> str:
    """Of everything but the end date, which is not known when a version is made."""
    rest = {key: value for key, value in content.items() if key != "effective_to"}
    return sha256(json.dumps(rest, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


@transaction.atomic
def enter_campaign(  # noqa: PLR0913 - a call is what its document says
    *,
    title: str,
    document: str,
    cause: str,
    opens_on: dt.date,
    closes_on: dt.date,
    suggested_fen: Sequence[int] = (),
    may_be_anonymous: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Campaign:
    """Enters a call of the Centre for special dues; units see it from ``opens_on`` on.

    Raises CampaignInvalid.  Belongs on the console: no unit calls for special dues (Art. 14).
    """
    for problem, is_so in (
        (
            "请填写名称、发文字号和事由。",
            not (title.strip() and document.strip() and cause.strip()),
        ),
        ("截止日期不能早于开始日期和今天。", closes_on < max(opens_on, day_of(now))),
        ("建议金额须大于 0。", any(fen <= 0 for fen in suggested_fen)),
    ):
        if is_so:
            raise CampaignInvalid(problem=problem)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rules.campaign'))")
    last = Campaign.objects.aggregate(last=Max("number"))["last"] or 0
    made: Campaign = Campaign.objects.create(
        number=last + 1,
        title=title.strip(),
        document=document.strip(),
        cause=cause.strip(),
        opens_on=opens_on,
        closes_on=closes_on,
        suggested_fen=sorted(set(suggested_fen)),
        may_be_anonymous=may_be_anonymous,
        entered_by_name=actor.name,
        entered_at=now,
    )
    return made


@transaction.atomic
def end_campaign(*, number: int, actor: Actor, now: dt.datetime) -> Campaign:
    """Ends a call before its last day; what was paid stays.

    Raises UnknownCampaign, CampaignOver.
    """
    campaigns.campaign(number)
    held = Campaign.objects.select_for_update().get(number=number)
    if held.ended_at is not None or held.closes_on < day_of(now):
        raise CampaignOver(title=held.title)
    held.ended_at, held.ended_by_name = now, actor.name
    held.save(update_fields=["ended_at", "ended_by_name"])
    return held
