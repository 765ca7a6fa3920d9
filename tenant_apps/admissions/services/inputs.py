"""What people give for an act, read by the fields that the rules ask for.

Forms and the API send the same words; here they become values that a step can keep.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.errors import Invalid
from shared_apps.rules.selectors.admission import CANCEL, GROUND, Act, Input
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.selectors.people import Candidate, full_members_of, groups_of
from tenant_apps.elections.services import votes

_LONGEST: Final[Mapping[str, int]] = {"text": 200, "longtext": 4000}
_MOST_COUNT: Final = 100_000


class InputRefused(Invalid):
    """``field`` names the input, so that a form shows the sentence beside it."""

    code = "admission_input_refused"
    sentence = "{problem}"


class VotesDoNotAdd(Invalid):
    code = "admission_votes_do_not_add"
    sentence = "{problem}"


class TrainingTooShort(Invalid):
    code = "admission_training_too_short"
    sentence = (
        "集中培训一般不少于 {days} 天或不少于 {hours} 个学时。"
        "个别特殊情况未参加培训的，请填写经批准的理由。"
    )


class CommitteeNotQuorate(Invalid):
    code = "admission_committee_not_quorate"
    sentence = "支部委员会须有半数以上委员到会方可进行（应到 {total} 人，实到 {present} 人）。"


class ExtensionRefused(Invalid):
    code = "admission_extension_refused"
    sentence = "{problem}"


def read(inputs: Sequence[Input], given: Mapping[str, Any], *, case: Case) -> dict[str, Any]:
    """The values of ``inputs`` as JSON keeps them; what was not asked for is refused.

    Raises InputRefused with the first field that is missing or wrong.
    """
    strange = set(given) - {one.key for one in inputs}
    if strange:
        raise InputRefused(field=min(strange), problem=f"没有「{min(strange)}」这一项。")
    found: dict[str, Any] = {}
    for one in inputs:
        raw = given.get(one.key)
        if raw is None or raw in ("", []):
            if one.is_required:
                raise InputRefused(field=one.key, problem=f"请填写「{one.label}」。")
            continue
        found[one.key] = _READERS[one.type](one, raw, case)
    return found


def check(act: Act, values: Mapping[str, Any], *, case: Case) -> None:
    """What the rules ask of the values together.  Raises VotesDoNotAdd, TrainingTooShort,
    CommitteeNotQuorate, ExtensionRefused, and InputRefused where the ground of a cancellation is
    missing or out of place.
    """
    if act.vote:
        _check_votes(values)
    if any(one.key == GROUND for one in act.inputs):
        _check_ground(values)
    for one in act.checks:
        _CHECKS[one["rule"]](one, values, case)


def passes(act: Act, values: Mapping[str, Any]) -> bool:
    """Whether the act succeeded: no answer that fails it, and enough votes (rulebook 1.6)."""
    if any(values.get(key) in answers for key, answers in act.fails_on.items()):
        return False
    return not act.vote or votes.admission_passes(
        expected=values["expected"], present=values["present"], votes_for=values["for"]
    )


def _text(one: Input, raw: Any, case: Case) -> str:
    text = str(raw).strip()
    if not text and one.is_required:
        raise InputRefused(field=one.key, problem=f"请填写「{one.label}」。")
    if len(text) > _LONGEST[one.type]:
        problem = f"「{one.label}」最多 {_LONGEST[one.type]} 个字。"
        raise InputRefused(field=one.key, problem=problem)
    return text


def _day(one: Input, raw: Any, case: Case) -> str:
    try:
        return dt.date.fromisoformat(str(raw)).isoformat()
    except ValueError as wrong:
        problem = f"「{one.label}」应为日期，如 2026-11-22。"
        raise InputRefused(field=one.key, problem=problem) from wrong


def _count(one: Input, raw: Any, case: Case) -> int:
    text = str(raw).strip()
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_COUNT:
        raise InputRefused(field=one.key, problem=f"「{one.label}」应为不小于 0 的整数。")
    return int(text)


def _choice(one: Input, raw: Any, case: Case) -> str:
    if str(raw) not in dict(one.choices):
        raise InputRefused(field=one.key, problem=f"「{one.label}」没有这个选项。")
    return str(raw)


def _members(one: Input, raw: Any, case: Case) -> list[dict[str, str]]:
    wanted = [raw] if isinstance(raw, str | UUID) else list(raw)
    chosen = list(dict.fromkeys(str(key) for key in wanted))
    known = _known(full_members_of(case.org_path))
    if not one.least <= len(chosen) <= one.most:
        number = str(one.least) if one.least == one.most else f"{one.least} 至 {one.most}"
        problem = f"「{one.label}」应为 {number} 名正式党员。"
        raise InputRefused(field=one.key, problem=problem)
    if any(key not in known for key in chosen):
        problem = f"「{one.label}」只能选择本支部的正式党员。"
        raise InputRefused(field=one.key, problem=problem)
    return [{"id": key, "name": known[key]} for key in chosen]


def _group(one: Input, raw: Any, case: Case) -> dict[str, str]:
    known = _known(groups_of(case.org_id))
    if str(raw) not in known:
        raise InputRefused(field=one.key, problem=f"「{one.label}」应为本支部的党小组。")
    return {"id": str(raw), "name": known[str(raw)]}


def _known(people: Sequence[Candidate]) -> dict[str, str]:
    return {str(one.id): one.name for one in people}


_READERS: Final[Mapping[str, Callable[[Input, Any, Case], Any]]] = {
    "text": _text,
    "longtext": _text,
    "date": _day,
    "count": _count,
    "choice": _choice,
    "members": _members,
    "group": _group,
}


def _check_votes(values: Mapping[str, Any]) -> None:
    expected, present, written = (values[key] for key in ("expected", "present", "written"))
    cast = values["for"] + values["against"] + values["abstain"]
    problems = (
        ("应到会人数应大于 0。", expected == 0),
        (
            f"实到会 {present} 人加书面意见 {written} 人，超过应到会 {expected} 人。",
            present + written > expected,
        ),
        (
            f"赞成、不赞成、弃权合计 {cast} 票，多于可投票的 {present + written} 人，表决无效。",
            cast > present + written,
        ),
    )
    for problem, is_wrong in problems:
        if is_wrong:
            raise VotesDoNotAdd(problem=problem)


def _check_ground(values: Mapping[str, Any]) -> None:
    is_cancelled, ground = CANCEL in values.values(), values.get(GROUND)
    if is_cancelled and not ground:
        raise InputRefused(field=GROUND, problem="请选择取消预备党员资格的原因。")
    if ground and not is_cancelled:
        problem = "只有取消预备党员资格的，才选择「取消资格的原因」。"
        raise InputRefused(field=GROUND, problem=problem)


def _check_training(rule: Mapping[str, Any], values: Mapping[str, Any], case: Case) -> None:
    is_enough = values.get("days", 0) >= rule["days"] or values.get("hours", 0) >= rule["hours"]
    if not is_enough and not values.get("exception"):
        raise TrainingTooShort(days=rule["days"], hours=rule["hours"])


def _check_committee(rule: Mapping[str, Any], values: Mapping[str, Any], case: Case) -> None:
    total, present = values.get("committee_total", 0), values.get("committee_present", 0)
    if present > total:
        problem = "实到会委员不能多于应到会委员。"
        raise InputRefused(field="committee_present", problem=problem)
    if total and not votes.committee_may_meet(members=total, present=present):
        raise CommitteeNotQuorate(total=total, present=present)


def _check_extension(rule: Mapping[str, Any], values: Mapping[str, Any], case: Case) -> None:
    months, is_extended = values.get("extend_months"), values["result"] == "EXTEND"
    if is_extended and case.extensions >= rule["times"]:
        problem = "预备期只能延长一次，期满应当作出转正或取消预备党员资格的决定。"
        raise ExtensionRefused(problem=problem)
    if is_extended and not (months and rule["least"] <= months <= rule["most"]):
        problem = f"延长预备期应为 {rule['least']} 至 {rule['most']} 个月，请填写「延长月数」。"
        raise ExtensionRefused(problem=problem)
    if months and not is_extended:
        raise ExtensionRefused(problem="只有延长预备期的，才填写「延长月数」。")


_CHECKS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], Case], None]]] = {
    "TRAINING": _check_training,
    "COMMITTEE_QUORUM": _check_committee,
    "EXTENSION": _check_extension,
}
