"""A member's growth: what the rooms keep anyway, by year, to whoever may see each part."""

import datetime as dt
import re

import pytest

from kernel.unit import unit_context
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.services import opening
from tenant_apps.elections.models import Post, Reason
from tenant_apps.members.models import Change, ChangeKind, Entry, EntryKind
from tenant_apps.members.selectors.growth import Sort, growth_of
from tenant_apps.members.services import entries
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree, somebody
from tests.tenant_apps.admissions.walking import TIMES, applicant


def told(actor, member):
    growth = growth_of(actor, member)
    return {year.year: [one.title for one in year.moments] for year in growth.years}


@pytest.fixture
def member(tree):
    found = make_member(tree.l1)
    who = {"member": found, "actor": admin(), "now": NOW}
    entries.add(
        kind=EntryKind.TRAINING, began_on=dt.date(2026, 3, 2), ended_on=dt.date(2026, 3, 6),
        year=2026, data={"name": "党员进修班", "form": "集中培训", "hours": 32}, **who,
    )  # fmt: skip
    entries.add(kind=EntryKind.APPRAISAL, year=2025, data={"grade": "优秀"}, **who)
    reward = {"name": "优秀共产党员", "level": "县级", "organ": "虚构县委"}
    Entry.objects.create(
        member=found, kind=EntryKind.REWARD, began_on=dt.date(2025, 7, 1), year=2025, data=reward,
        recorded_at=NOW,
    )  # fmt: skip
    struck = {"name": "误登的表彰", "level": "县级", "organ": "虚构县委"}
    Entry.objects.create(
        member=found, kind=EntryKind.REWARD, began_on=dt.date(2024, 7, 1), year=2024, data=struck,
        recorded_at=NOW, struck_at=NOW,
    )  # fmt: skip
    entries.add(
        kind=EntryKind.HARDSHIP,
        began_on=dt.date(2025, 1, 5),
        data={"sort": "因灾", "cause": "家中困难"},
        **who,
    )
    Post.objects.create(
        member=found, org=tree.l1, org_path=tree.l1.path, code="01", began_on=dt.date(2024, 5, 6),
        ended_on=dt.date(2025, 9, 1), reason=Reason.ELECTED, end_reason="换届", recorded_at=NOW,
    )  # fmt: skip
    turn = {"member": found, "org_id": tree.l1.id, "org_path": tree.l1.path, "category": "FULL",
            "recorded_at": NOW, "happened_on": dt.date(2023, 2, 3)}  # fmt: skip
    Change.objects.create(kind=ChangeKind.TRANSFERRED_IN, **turn)
    Change.objects.create(kind=ChangeKind.SUSPENDED, undone_at=NOW, **turn)
    return found


@pytest.fixture
def case(tree, member):
    made = opening.open_case(
        org=tree.l1, applicant=applicant(), applied_on=dt.date(2025, 1, 31), given={}, layout="25",
        actor=admin(), **TIMES,
    )  # fmt: skip
    days = {"applied_on": dt.date(2006, 5, 1), "activist_on": dt.date(2007, 6, 1)}
    Case.objects.filter(pk=made.pk).update(member_id=member.pk, **days)
    return made


def test_is_told_by_year_the_latest_first(tree, member, case):
    assert list(told(admin(), member).items()) == [
        (2026, ["党员进修班"]),
        (2025, ["优秀", "不再担任l1书记", "优秀共产党员"]),
        (2024, ["任l1书记"]),
        (2023, ["转入"]),
        (2009, ["转为正式党员"]),
        (2008, ["加入中国共产党，成为预备党员"]),
        (2007, ["确定为入党积极分子"]),
        (2006, ["递交入党申请书"]),
    ]
    growth = growth_of(admin(), member)
    assert (growth.rewards, growth.hours, growth.hours_in(2025)) == (1, 32, 0)
    assert growth.last_appraisal.title == "优秀" and growth.count(Sort.POST) == 2


def test_shows_the_way_in_to_whoever_may_see_the_case_and_to_the_member(tree, member, case):
    treasurer, own = somebody(("treasurer", "")), somebody(member_id=member.pk)
    assert 2006 not in told(treasurer, member) and 2008 in told(treasurer, member)
    assert 2006 in told(own, member)


def test_stands_at_the_desk_on_the_phone_and_in_the_api(alpha, tree, member, case, beta):
    ada = cast.officer(FacingClient(), alpha)
    page = re.sub(r"\s+", " ", ada.get(f"/members/{member.id}/?tab=growth").content.decode())
    assert "2026 年" in page and "党员进修班" in page and "家中困难" not in page
    years = ada.get(f"/api/v1/members/{member.id}/growth/").json()
    assert years[0]["hours"] == 32 and years[1]["moments"][0]["on"] is None
    cleo = cast.member(FacingClient(), alpha, member.id)
    assert "任l1书记" in cleo.get("/m/me/growth/").content.decode()
    assert cleo.get("/api/v1/me/growth/").json() == years
    other = cast.officer(FacingClient(), alpha, scope=tree.right.path, name="本")
    assert other.get(f"/api/v1/members/{member.id}/growth/").status_code == 404
    with unit_context(beta.id):
        foreign = make_member(small_tree().l1)
    assert ada.get(f"/members/{foreign.id}/?tab=growth").status_code == 404
    assert ada.get(f"/api/v1/members/{foreign.id}/growth/").status_code == 404
