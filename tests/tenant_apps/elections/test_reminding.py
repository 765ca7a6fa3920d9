"""Reminders at six, three and one months, once for each term and stage; urging (rulebook 1.5)."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from kernel.clock import months_later
from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.delivery.models import Message
from shared_apps.delivery.services.templates import text_of
from shared_apps.people.models import Person
from tenant_apps.access.services import grants
from tenant_apps.audit import selectors as audit
from tenant_apps.elections.models import Act, Post, Reminder
from tenant_apps.elections.selectors import reminders
from tenant_apps.elections.services import reminding
from tenant_apps.organizations.models import Organization
from tenants.models import WORKING, Unit, UnitState
from tenants.services import periodic
from tenants.timetable import registered
from tests.factories.elections import ENDS, branch, drive
from tests.factories.organizations import JOB, NOW, TODAY, somebody

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
AND_THEN = "请及时准备换届，登录共建云「换届与任职」办理。"


def officer(role, scope, phone):
    """Somebody with an account at the desk and a phone."""
    cipher = platform_cipher()
    with shared_context():
        person = Person.objects.create(
            phone_sealed=cipher.seal(phone, column="people_person.phone"),
            phone_index=cipher.index(phone, purpose="phone"),
            phone_masked=f"{phone[:3]}****{phone[-4:]}",
            created_at=NOW,
        )
    grants.grant(person_id=person.pk, person_name="管", role=role, scope=scope, actor=JOB, now=NOW)
    return person.pk


@pytest.fixture
def place(alpha):
    place = branch(1)
    Organization.objects.exclude(pk=place.org.pk).update(term_ends_on=None)
    place.unit = alpha
    place.secretary = officer("secretary", place.org.path, "13900001111")
    place.above = officer("unit_admin", "", "13900002222")
    return place


def remind(place, on=TODAY):
    now = NOW + (on - TODAY)
    return reminding.remind_unit(unit_id=place.unit.id, now=now)


def forget_phones():
    with shared_context():
        Person.objects.update(phone_masked="")


def texts():
    with shared_context():
        cipher = platform_cipher()
        rows = list(Message.objects.filter(purpose="term").order_by("created_at", "phone_masked"))
        column = "delivery_message.parameters"
        words = [json.loads(cipher.open(one.parameters_sealed, column=column)) for one in rows]
    return [
        (one.phone_masked, text_of(one.template, said))
        for one, said in zip(rows, words, strict=True)
    ]


def test_each_stage_of_a_term_is_told_once_to_both(place):
    """The secretary and the committee above; not again on the next day, nor by doing it twice."""
    assert remind(place) == 2
    assert texts() == [
        (phone, f"【共建云】l1本届任期将于 2027-01-31 届满，{AND_THEN}")
        for phone in ("139****1111", "139****2222")
    ]
    assert remind(place) == remind(place, TODAY + DAY) == 0
    (row,) = Reminder.objects.all()
    assert (row.occasion, row.label, len(row.people)) == (
        "2027-01-31/3", "届满前 3 个月提醒", 2,
    )  # fmt: skip
    assert audit.events_about(place.unit.id).get(code="terms.reminded").data["messages"] == 2
    assert remind(place, dt.date(2026, 12, 31)) == 2
    Organization.objects.filter(pk=place.org.pk).update(term_ends_on=ENDS + 20 * DAY)
    assert remind(place, dt.date(2026, 12, 31)) == 2


@pytest.mark.parametrize(
    ("on", "stage"),
    [
        (dt.date(2026, 7, 30), None),
        (dt.date(2026, 7, 31), "6"),
        (dt.date(2026, 10, 31), "3"),
        (dt.date(2027, 1, 31), "1"),
        (dt.date(2027, 2, 1), None),
    ],
)
def test_the_stage_is_that_of_the_day(place, on, stage):
    bodies = Organization.objects.filter(pk=place.org.pk)
    found = [one.occasion for one in reminders.due(bodies, today=on)]
    assert found == ([f"2027-01-31/{stage}"] if stage else [])


def test_who_answers_for_many_gets_one_message(place):
    Organization.objects.filter(pk=place.tree.l2.pk).update(term_ends_on=ENDS + DAY)
    remind(place)
    told = dict(texts())
    assert "l1等 2 个党组织本届任期将于 2027-01-31 起陆续届满" in told["139****2222"]


def test_nobody_is_told_where_somebody_has_begun(place):
    drive(place, Act.DECIDE)
    assert remind(place) == 0


def test_without_an_account_the_secretary_is_told_on_the_own_phone(place):
    Organization.objects.filter(pk=place.org.pk).update(term_ends_on=None)
    Organization.objects.filter(pk=place.tree.l2.pk).update(term_ends_on=ENDS)
    Post.objects.create(
        member=place.people[0], org=place.tree.l2, org_path=place.tree.l2.path, code="01",
        began_on=TODAY - 900 * DAY, reason="ELECTED", recorded_at=NOW,
    )  # fmt: skip
    remind(place)
    assert place.people[0].phone_masked in dict(texts())


def test_a_month_has_limits(place, monkeypatch):
    """What reached nobody for the limit alone is told later; what has no phone is noted once."""
    monkeypatch.setattr(reminding, "MOST_OF_UNIT", 0)
    assert remind(place) == 0
    assert not Reminder.objects.exists()
    monkeypatch.setattr(reminding, "MOST_OF_UNIT", 1_000)
    for number in range(reminding.MOST_TO_ONE):
        Reminder.objects.create(
            org=place.tree.r1, org_path=place.tree.r1.path, occasion=f"earlier {number}",
            ends_on=ENDS, people=[str(place.above)], at=NOW - number * dt.timedelta(minutes=1),
        )  # fmt: skip
    assert remind(place) == 1
    forget_phones()
    Organization.objects.filter(pk=place.tree.l2.pk).update(term_ends_on=ENDS)
    assert remind(place) == 0
    assert Reminder.objects.get(org=place.tree.l2).note == "没有可以接收短信的手机号码"


def test_a_unit_out_of_work_sends_nothing(place):
    work = registered()["elections.remind"]
    assert work.states == WORKING
    assert UnitState.SUSPENDED not in work.states
    with shared_context():
        periodic.keep_rows(now=NOW)
        Unit.objects.filter(pk=place.unit.id).update(state=UnitState.SUSPENDED)
        later = NOW + 3 * DAY
        claimed = periodic.claim(cost=work.cost, now=later)
    assert not [one for one in claimed if one.work == work and one.unit_id == place.unit.id]


class TestUrging:
    @pytest.fixture
    def over(self, place):
        Organization.objects.filter(pk=place.org.pk).update(term_ends_on=TODAY - 40 * DAY)
        place.org.refresh_from_db()
        return place

    def urge(self, place, on=TODAY):
        return reminding.urge(org=place.org, actor=place.ada, now=NOW + (on - TODAY))

    def test_the_committee_tells_the_secretary_once_a_day(self, over):
        assert self.urge(over).people == [str(over.secretary)]
        assert texts() == [
            (
                "139****1111",
                "【共建云】root提醒：l1本届任期已于 2026-10-13 届满，请尽快换届，或依规报批延期。",
            )
        ]
        assert audit.events_about(over.org.pk).filter(code="term.urged").exists()
        with pytest.raises(reminding.UrgedToday):
            self.urge(over)
        assert self.urge(over, TODAY + DAY)
        assert len(texts()) == 2

    def test_a_few_times_a_month(self, over):
        first = TODAY.replace(day=1)
        for number in range(reminding.MOST_URGED):
            self.urge(over, first + number * DAY)
        with pytest.raises(reminding.UrgedEnough):
            self.urge(over)
        assert self.urge(over, months_later(first, 1))

    def test_a_term_that_lasts_is_not_urged(self, place):
        with pytest.raises(reminding.NotOver):
            self.urge(place)
        assert not Reminder.objects.exists()

    def test_without_a_phone_nothing_is_noted(self, over):
        forget_phones()
        with pytest.raises(reminding.NobodyToUrge):
            self.urge(over)
        assert not Reminder.objects.exists()


def test_superiors_are_looked_for_upwards(place):
    left = officer("secretary", place.tree.left.path, "13900003333")
    root = officer("unit_admin", place.tree.root.path, "13900004444")
    found = reminders.superiors_of([place.org, place.tree.root])
    assert found == {place.org.pk: {root}, place.tree.root.pk: {place.above}}
    assert left not in found[place.org.pk]
    assert somebody(("treasurer", "")).person_id not in found[place.org.pk]
