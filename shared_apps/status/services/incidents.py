"""Incidents: opened, added to, resolved; what was said once stands."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from shared_apps.status.models import Component, Incident, IncidentUpdate, Severity
from shared_apps.status.services import publishing

__all__ = [
    "Component", "Incident", "Severity", "add_update", "end_for_probe", "open_for_probe",
    "report", "resolve",
]  # fmt: skip
PROBE: Final = Actor.system("自动巡检")


class UnknownIncident(NotFound):
    code = "incident_unknown"
    sentence = "没有找到这次事件。"


class IncidentOver(Conflict):
    code = "incident_over"
    sentence = "「{title}」已经结束，不能再更新；如再次发生，请另行发布。"


class IncidentWords(Invalid):
    code = "incident_words"
    sentence = "请写明{what}。"


class UnknownChoice(Invalid):
    code = "incident_choice"
    sentence = "没有「{given}」这个选项。"


def report(
    *,
    title: str,
    component: str,
    severity: str,
    text: str,
    is_for_everybody: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Incident:
    """Opens an incident with its first words.  Raises IncidentWords, UnknownChoice."""
    if component not in Component.values:
        raise UnknownChoice(given=component)
    if severity not in Severity.values:
        raise UnknownChoice(given=severity)
    with transaction.atomic():
        made = Incident.objects.create(
            title=_words(title, "标题（2 到 60 个字）", 60),
            component=component,
            severity=severity,
            is_for_everybody=is_for_everybody,
            started_at=now,
            opened_by=actor.person_id,
            opened_by_name=actor.name,
        )
        _say(made, text, actor, now)
    publishing.publish(now=now)
    return made


def add_update(
    *, incident_id: UUID, text: str, severity: str = "", actor: Actor, now: dt.datetime
) -> Incident:
    """Says how it goes on; ``severity`` changes how bad it is.

    Raises UnknownIncident, IncidentOver, IncidentWords, UnknownChoice.
    """
    if severity and severity not in Severity.values:
        raise UnknownChoice(given=severity)
    with transaction.atomic():
        held = _open_one(incident_id)
        _say(held, text, actor, now)
        if severity:
            held.severity = severity
            held.save(update_fields=["severity"])
    publishing.publish(now=now)
    return held


def resolve(*, incident_id: UUID, text: str, actor: Actor, now: dt.datetime) -> Incident:
    """Ends it, with the last words.  Raises UnknownIncident, IncidentOver, IncidentWords."""
    with transaction.atomic():
        held = _open_one(incident_id)
        _say(held, text, actor, now)
        held.resolved_at = max(now, held.started_at)
        held.save(update_fields=["resolved_at"])
    publishing.publish(now=now)
    return held


def open_for_probe(*, component: Component, text: str, now: dt.datetime) -> Incident | None:
    """The probe's own incident about a part; None when there is one already."""
    try:
        return report(
            title=f"{component.label}异常",
            component=component,
            severity=Severity.DEGRADED,
            text=text,
            actor=PROBE,
            now=now,
        )
    except IntegrityError:
        return None


def end_for_probe(*, component: Component, text: str, now: dt.datetime) -> Incident | None:
    """Ends the probe's own incident about a part, if there is one; an operator's stays."""
    held = Incident.objects.filter(component=component, resolved_at=None, opened_by=None).first()
    if held is None:
        return None
    return resolve(incident_id=held.pk, text=text, actor=PROBE, now=now)


def _open_one(incident_id: UUID) -> Incident:
    held = Incident.objects.select_for_update().filter(pk=incident_id).first()
    if held is None:
        raise UnknownIncident
    if not held.is_open:
        raise IncidentOver(title=held.title)
    return held


def _say(incident: Incident, text: str, actor: Actor, now: dt.datetime) -> None:
    IncidentUpdate.objects.create(
        incident=incident,
        text=_words(text, "情况说明（2 到 500 个字）", 500),
        actor_id=actor.person_id,
        actor_name=actor.name,
        at=now,
    )


def _words(given: str, what: str, most: int) -> str:
    words = given.strip()
    if not 2 <= len(words) <= most:
        raise IncidentWords(what=what)
    return words
