"""A schema that was changed by hand is found, named, kept out of waves, and let back in."""

import pytest
from django.db import connections

from kernel.clock import now
from tenants.rollout import DriftFinding
from tenants.services import drift, rights, shape, template, waves
from tests.tenants.waves.conftest import OPERATOR, ask

pytestmark = pytest.mark.xdist_group("waves")


@pytest.mark.parametrize(
    "changes",
    [
        [
            ("ALTER TABLE {s}.audit_event ADD COLUMN odd int", "column", "audit_event.odd"),
            ("ALTER TABLE {s}.audit_event DROP COLUMN ip", "column", "audit_event.ip"),
            ("ALTER TABLE {s}.audit_event ALTER code TYPE varchar(61)", "column",
             "audit_event.code"),
            ("ALTER TABLE {s}.audit_event ALTER code DROP NOT NULL", "column", "audit_event.code"),
            ("ALTER TABLE {s}.audit_event ALTER code SET DEFAULT 'x'", "column",
             "audit_event.code"),
        ],
        [
            ("CREATE INDEX odd ON {s}.audit_event (code)", "index", "odd"),
            ("ALTER TABLE {s}.audit_event ADD CONSTRAINT odd CHECK (code <> '')", "constraint",
             "audit_event.odd"),
            ("CREATE TABLE {s}.odd (id int)", "table", "odd"),
            ("CREATE SEQUENCE {s}.odd", "table", "odd"),
            ("CREATE VIEW {s}.odd AS SELECT 1", "table", "odd"),
        ],
        [
            ("CREATE FUNCTION {s}.odd() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function",
             "odd()"),
            ("CREATE TYPE {s}.odd AS ENUM ('a')", "type", "odd"),
        ],
        [
            ("GRANT UPDATE ON {s}.audit_event TO {s}", "right", "audit_event"),
            ("REVOKE INSERT ON {s}.audit_event FROM {s}", "right", "audit_event"),
            ("GRANT SELECT ON {s}.audit_event TO gongjian_unit", "right",
             "audit_event of gongjian_unit"),
            ("GRANT CREATE ON SCHEMA {s} TO {s}", "right", ""),
            ("GRANT SELECT (code) ON {s}.audit_event TO gongjian_unit", "right",
             "audit_event.code"),
        ],
    ],
    ids=["columns", "relations", "others", "rights"],
)  # fmt: skip
def test_every_kind_of_change_is_found_and_named(units, changes):
    """Each change is made to a unit of its own; the last unit stays as it was."""
    assert drift.check(now=now()).different == 0
    changed = dict(zip([unit.pk for unit in units], changes, strict=False))
    for unit, (change, _, _) in zip(units, changes, strict=False):
        ask(change.format(s=unit.schema_name))
    assert drift.check(now=now()) == (len(units), len(changes), 0)
    found = {one.unit_id: one.differences for one in DriftFinding.objects.all()}
    assert found.keys() == changed.keys()
    for unit_id, (_, kind, item) in changed.items():
        assert (kind, item) in {(d["kind"], d["item"]) for d in found[unit_id]}
    assert not any(unit.schema_name in str(found) for unit in units)


def test_what_a_role_holds_outside_is_found_and_named(units):
    other = units[-1].schema_name
    changes = [
        ("GRANT {other} TO {s}", "REVOKE {other} FROM {s}", "role {other}"),
        ("GRANT gongjian_shared TO {s}", "REVOKE gongjian_shared FROM {s}", "role gongjian_shared"),
        ("GRANT USAGE ON SCHEMA {other} TO {s}", "REVOKE USAGE ON SCHEMA {other} FROM {s}",
         "{other}"),
        ("GRANT SELECT ON {other}.audit_event TO {s}",
         "REVOKE SELECT ON {other}.audit_event FROM {s}", "{other}.audit_event"),
        ("GRANT SELECT ON public.tenants_unit TO {s}",
         "REVOKE SELECT ON public.tenants_unit FROM {s}", "public.tenants_unit"),
    ]  # fmt: skip
    assert not set(rights.foreign_grants()) & {unit.schema_name for unit in units}
    holders = dict(zip(units, changes, strict=False))
    for unit, (change, _, _) in holders.items():
        ask(change.format(s=unit.schema_name, other=other))
    try:
        drift.check(now=now())
        for unit, (_, _, item) in holders.items():
            finding = DriftFinding.objects.get(unit_id=unit.pk)
            assert ("right", item.format(other=other)) in {
                (one["kind"], one["item"]) for one in finding.differences
            }
    finally:
        for unit, (_, undo, _) in holders.items():
            ask(undo.format(s=unit.schema_name, other=other))
    drift.check(now=now())
    assert not DriftFinding.objects.filter(
        unit_id__in=[unit.pk for unit in holders], resolved_at=None
    ).exists()


def test_an_attribute_of_a_role_is_found_and_named(units):
    role = units[0].schema_name
    ask(f"ALTER ROLE {role} CREATEDB")
    try:
        drift.check(now=now())
        finding = DriftFinding.objects.get()
        assert [(one["kind"], one["item"]) for one in finding.differences] == [
            ("right", "attributes")
        ]
    finally:
        ask(f"ALTER ROLE {role} NOCREATEDB")


def test_who_may_act_as_a_unit_is_found(units):
    name = units[5].schema_name
    ask(f"CREATE ROLE stranger_{name}")
    ask(f"GRANT {name} TO stranger_{name} WITH INHERIT FALSE")
    try:
        assert rights.foreign_grants()[name] == [
            {"kind": "right", "item": "role of its own", "expected": "",
             "found": f"stranger_{name}"},
        ]  # fmt: skip
    finally:
        ask(f"DROP ROLE stranger_{name}")


def test_a_trigger_is_found(units):
    unit = units[5]
    ask(
        f"CREATE FUNCTION {unit.schema_name}.f() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'"
    )
    ask(
        f"CREATE TRIGGER odd BEFORE INSERT ON {unit.schema_name}.audit_event"
        f" FOR EACH ROW EXECUTE FUNCTION {unit.schema_name}.f()"
    )
    drift.check(now=now())
    kinds = {d["kind"] for d in DriftFinding.objects.get().differences}
    assert kinds == {"trigger", "function"}


def test_a_schema_that_is_gone_is_found(units):
    unit = units[5]
    ask(f"DROP SCHEMA {unit.schema_name} CASCADE")
    assert drift.check(now=now()).different == 1
    ask(f"CREATE SCHEMA {unit.schema_name}")


def test_the_hash_of_the_database_is_the_hash_of_the_facts(units):
    name = units[0].schema_name
    assert shape.hashes_of([name])[name] == shape.hash_of(shape.facts_of(name))


def test_one_query_for_all_schemas_of_a_chunk(units, django_assert_num_queries):
    names = [unit.schema_name for unit in units]
    with django_assert_num_queries(1, connection=connections["owner"]):
        assert len(set(shape.hashes_of(names).values())) == 1


def test_put_right_the_finding_closes_by_itself(units):
    unit = units[5]
    ask(f"ALTER TABLE {unit.schema_name}.audit_event ADD COLUMN odd int")
    drift.check(now=now())
    finding = DriftFinding.objects.get()
    assert drift.recheck(finding_id=finding.pk, now=now()).resolved_at is None
    ask(f"ALTER TABLE {unit.schema_name}.audit_event DROP COLUMN odd")
    resolved = drift.recheck(finding_id=finding.pk, now=now())
    assert resolved.resolved_at is not None
    assert resolved.resolved_by == "自动核对"
    assert drift.check(now=now()).different == 0
    assert DriftFinding.objects.count() == 1


def test_found_twice_is_one_finding(units):
    unit = units[5]
    ask(f"ALTER TABLE {unit.schema_name}.audit_event ADD COLUMN odd int")
    drift.check(now=now())
    drift.check(now=now())
    assert DriftFinding.objects.count() == 1


def test_release_needs_a_reason_and_happens_once(units):
    unit = units[5]
    ask(f"ALTER TABLE {unit.schema_name}.audit_event ADD COLUMN odd int")
    drift.check(now=now())
    finding = DriftFinding.objects.get()
    with pytest.raises(waves.ReasonMissing):
        drift.release(finding_id=finding.pk, reason="", actor=OPERATOR, now=now())
    drift.release(finding_id=finding.pk, reason="已与单位确认", actor=OPERATOR, now=now())
    finding.refresh_from_db()
    assert (finding.resolved_by, finding.resolution) == ("沈一帆", "已与单位确认")
    with pytest.raises(drift.AlreadyResolved):
        drift.release(finding_id=finding.pk, reason="已与单位确认", actor=OPERATOR, now=now())


def test_a_unit_that_waits_for_a_wave_is_not_compared(releases, units):
    releases.add('migrations.AddField("event", "probe", models.IntegerField(null=True)),')
    template.capture(now=now())
    assert drift.check(now=now()) == (0, 0, len(units))
