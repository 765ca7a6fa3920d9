"""``bench updates``: a file of 80,000 rows held against the members, applied, and taken back.

Every row says something new: nine in ten another education, occupation or address (a fifth of
them another phone too), some another branch, some are people whom the unit does not know.  The
baseline is the loop that one would write first: for each row the member is got by the identity
index, its fields are compared, what differs is saved and recorded.  It is run in the same run on a
sample, before and after ours, and the median is scaled linearly; it checks nothing, proposes
nothing and cannot be taken back.  Figures are processor time, the process' own and that of its
database backend.
"""

from __future__ import annotations

import csv
import io
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

from django.db import connection, transaction

from kernel.actor import Actor, Holding
from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import current_unit_id, unit_context
from onboarding.services import update_reading, update_sources
from shared_apps.rules.selectors import codes
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member, Update
from tenant_apps.members.services import applying, intake, restoring, sealing, updates
from tenant_apps.members.services.sealing import Sealer
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import intake as organizations
from tests.bench.rosters import unit as invented_unit
from tests.database import open_unit

ROWS = 80_000
SAMPLE = 2_000
ROUNDS = 2
"""Rounds of the baseline before ours and again after it."""
NEW, MOVED = 50, 12
"""One row in so many is of somebody new, or of somebody who went to another branch."""
NAME = "基准更新集团"
_JOB = Actor.system("bench")
_HEADINGS = (
    "姓名", "公民身份号码", "性别", "民族", "出生日期", "学历", "人员类别", "所在党支部",
    "加入党组织日期", "转为正式党员日期", "工作岗位", "联系电话", "家庭住址", "党籍状态",
    "是否为失联党员", "是否为流动党员",
)  # fmt: skip


def run(options) -> dict:
    rows = options.rows or ROWS
    unit = open_unit("updates", name=NAME, credit_code="bench-updates")
    with unit_context(unit.id):
        made = invented_unit(NAME, members=rows, seed=11, share=0.0)
        places = _plant(made)
        _store(made, places)
        content = _file(made)
        sample = _wanted(made)[: min(SAMPLE, rows)]
        rounds = [_loop(sample) for _ in range(ROUNDS)]
        ours = _ours(content, rows)
        rounds += [_loop(sample) for _ in range(ROUNDS)]
    connection.set_schema_to_public()
    loop = median(rounds) * rows
    return {
        "figures": ours,
        "baselines": {
            "loop_cpu_seconds_scaled": round(loop, 1),
            "loop_rows_measured": len(sample),
            "loop_ms_per_row_of_rounds": [round(one * 1000, 3) for one in rounds],
            "note": "get, compare, save, record per row; a sample of this run, scaled linearly",
        },
        "ratios": {"main": round(loop / (ours["diff_cpu_seconds"] + ours["apply_cpu_seconds"]), 1)},
    }


def _plant(made) -> dict[str, organizations.Planted]:
    kinds = {"党委": "COMMITTEE", "党总支": "GENERAL_BRANCH", "联合党支部": "JOINT_BRANCH"}
    return organizations.plant_tree(
        nodes=[
            organizations.NewOrganization(
                key=org.code, name=org.name, short_name=org.short[:60],
                kind=kinds.get(org.kind, "BRANCH"), parent_key=org.parent or None, code=org.code,
            )
            for org in made.orgs
        ],
        import_id=uuid7(), actor=_JOB, now=now(),
    )  # fmt: skip


def _store(made, places) -> None:
    people = [
        intake.NewMember(
            row_key=str(number), org_id=places[one.org.code].id, org_path=places[one.org.code].path,
            name=one.name, category="FULL" if one.full else "PROBATIONARY",
            identity_number=one.identity, phone=one.phone, gender="M" if one.male else "F",
            ethnicity=one.nation, birth_on=one.birth, education="大学专科", joined_on=one.joined,
            full_on=one.full,
        )
        for number, one in enumerate(made.people)
        if number % NEW
    ]  # fmt: skip
    for start in range(0, len(people), 5_000):
        intake.store(rows=people[start : start + 5_000], import_id=uuid7(), actor=_JOB, now=now())
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Member._meta.db_table}")


def _file(made) -> bytes:
    """The client's file: what it says of everybody differs from what is there."""
    leaves = [org for org in made.orgs if org.kind in ("党支部", "联合党支部")]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADINGS)
    for number, one in enumerate(made.people):
        if number % MOVED == 1:
            one = replace(one, org=leaves[(number + 1) % len(leaves)])  # noqa: PLW2901 - as the file says
        phone = f"{one.phone[:7]}{number % 10_000:04d}" if number % 5 == 0 else one.phone
        writer.writerow(
            [
                one.name, one.identity, one.gender, one.nation, one.birth, "大学本科毕业", one.kind,
                one.org.name, one.joined, one.full or "", "专业技术人员", phone,
                f"江苏省徐州市云龙区和平路{number % 900 + 1}号", "正常", "否", "否",
            ]
        )  # fmt: skip
    return text.getvalue().encode("utf-8-sig")


def _wanted(made) -> list[tuple[str, dict[str, object]]]:
    """What the loop has to bring about, for people who are there."""
    occupation = codes.table("occupation").code_of("专业技术人员")
    said = {"education": "大学本科", "occupation": occupation}
    return [
        (one.identity, {**said, "address": f"江苏省徐州市云龙区和平路{number % 900 + 1}号"})
        for number, one in enumerate(made.people)
        if number % NEW
    ]


def _loop(sample) -> float:
    """Processor seconds per row; rolled back, so that ours finds what it expects."""
    sealer = Sealer()
    with _cpu() as used, transaction.atomic():
        for identity, said in sample:
            member = Member.objects.get(identity_index=sealer.identity(identity).mark)
            changes = {}
            for key, new in said.items():
                if key == "address":
                    old = (
                        sealing.open_address(member.address_sealed or b"")
                        if (member.address_sealed)
                        else ""
                    )
                    if old != new:
                        sealed = sealer.address(new)
                        changes[key] = [member.address_masked, sealed.masked]
                        member.address_sealed = sealed.blob
                        member.address_masked = sealed.masked
                elif getattr(member, key) != new:
                    changes[key] = [getattr(member, key), new]
                    setattr(member, key, new)
            if changes:
                member.version += 1
                member.save()
                record("member.corrected", actor=_JOB, now=now(), subject_type="member",
                       subject_id=member.pk, changes=changes)  # fmt: skip
        transaction.set_rollback(True)
    return used[0] / len(sample)


def _ours(content: bytes, rows: int) -> dict:
    actor = Actor(
        kind="person", name="基准", person_id=uuid7(), unit_id=current_unit_id(),
        holdings=(Holding("unit_admin", ""),), is_second_factor_passed=True,
    )  # fmt: skip
    before = _peak()
    with _cpu() as diff:
        update = update_sources.hand_in(
            what="member_2017", filename="更新.csv", content=content, actor=actor, now=now()
        )
        update_reading.read(update_id=update.pk)
    update.refresh_from_db()
    if update.state != Update.State.REVIEW or update.counts["rows"] != rows:
        raise SystemExit(f"the file was not compared: {update.state} {update.error}")
    with _cpu() as apply:
        updates.decide(update=update, accept=True, row_ids=[], kind="", actor=actor)
        updates.confirm(update=update, actor=actor, now=now())
        applying.apply(update_id=update.pk)
    changed = Member.objects.filter(education="大学本科").count()
    if changed != rows or Organization.objects.count() < 2:
        raise SystemExit(f"{changed} of {rows} files say what the update said")
    with _cpu() as undo:
        update.refresh_from_db()
        updates.undo(update=update, actor=actor, now=now())
        restoring.restore(update_id=update.pk)
    if Member.objects.filter(education="大学本科", is_active=True).exists():
        raise SystemExit("something was not taken back")
    return {
        "diff_cpu_seconds": round(diff[0], 2),
        "apply_cpu_seconds": round(apply[0], 2),
        "undo_cpu_seconds": round(undo[0], 2),
        "diff_seconds": round(diff[1], 2),
        "apply_seconds": round(apply[1], 2),
        "undo_seconds": round(undo[1], 2),
        "peak_mb": round(_peak() / 1024),
        "peak_mb_before": round(before / 1024),
        "rows": rows,
        "proposals": sum(update.counts.get(kind, 0) for kind in ("CHANGE", "MOVE", "NEW")),
        "file_mb": round(len(content) / 1024**2, 1),
    }


@contextmanager
def _cpu():
    """Processor seconds of this process and its database backend, and seconds on the clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    used = [0.0, 0.0]
    began, own, backend = time.monotonic(), time.process_time(), _ticks(pid)
    yield used
    used[0] = time.process_time() - own + (_ticks(pid) - backend) / os.sysconf("SC_CLK_TCK")
    used[1] = time.monotonic() - began


def _ticks(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(stat[11]) + int(stat[12])


def _peak() -> int:
    """The most memory held so far, in KiB; forgets it, where the system lets it."""
    status = Path("/proc/self/status").read_text()
    found = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return found
