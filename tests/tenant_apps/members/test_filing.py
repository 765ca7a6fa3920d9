"""Every field of a file: what is checked, what two people at once do to it, what can be undone."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import NotFound
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Member, party_age, whole_months
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import fields, identity
from tenant_apps.members.selectors.completeness import completeness_of
from tenant_apps.members.selectors.versions import (
    NotRestorable,
    as_of,
    old_value,
    version_for,
    versions_of,
)
from tenant_apps.members.services import checking, filing, moving, sealing
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, somebody

NUMBER = "11010519491231002X"  # the invented number of the standard itself


def sheet_with(member, **changes):
    return replace(filing.sheet_of(member), **changes)


def correct(member, *, reason="", actor=None, now=NOW, **changes):
    more = {key: changes.pop(key) for key in ("seen", "version") if key in changes}
    return filing.correct(
        member=member, sheet=sheet_with(member, **changes), reason=reason,
        actor=actor or admin(), today=TODAY, now=now, **more,
    )  # fmt: skip


class TestFields:
    def test_the_sheet_and_the_declarations_name_the_same_fields(self):
        sheet = set(filing.FileSheet.__dataclass_fields__)
        assert sheet == {field.key for field in fields.FIELDS}

    def test_every_column_of_the_file_takes_what_its_table_offers(self):
        for field in fields.OPEN:
            longest = Member._meta.get_field(field.key).max_length
            if field.options and longest:
                assert max(len(value) for value, _ in field.options) <= longest, field.key

    @pytest.mark.parametrize(
        ("key", "value", "shown"),
        [
            ("occupation", "RETIRED", "离退休人员"),
            ("technical_post", "副高级", "副高级"),
            ("technical_duty", "082", "高级工程师"),
            ("duty_level", "131", "县处级正职"),
            ("degree", "工学硕士", "工学硕士"),
            ("party_age_adjust_months", -6, "-6 个月"),
            ("is_migrant_worker", True, "是"),
            ("stratum", "", ""),
            ("joined_kind", "REJOINED", "重新入党"),
        ],
    )
    def test_is_written_and_said_in_words(self, tree, key, value, shown):
        member = correct(make_member(tree.l1), **{key: value})
        assert fields.shown_of(Member.objects.get(pk=member.pk), fields.BY_KEY[key]) == shown

    @pytest.mark.parametrize(
        ("key", "value"),
        [("ethnicity", "火星族"), ("education", "博士后"), ("occupation", "BOSS"),
         ("degree", "硕士后"), ("gender", "X"), ("joined_kind", "BORN"),
         ("technical_duty", "080"), ("duty_level", "242")],
    )  # fmt: skip
    def test_takes_only_what_the_code_table_has(self, tree, key, value):
        with pytest.raises(checking.ValueNotKnown) as refused:
            correct(make_member(tree.l1), **{key: value})
        assert refused.value.data["field"] == key

    def test_leaves_what_the_roster_brought_in_other_words(self, tree):
        member = make_member(tree.l1, education="函授大学")
        assert correct(member, workplace="供水车间").education == "函授大学"

    def test_refuses_what_is_longer_than_the_column(self, tree):
        with pytest.raises(checking.ValueTooLong):
            correct(make_member(tree.l1), native_place="江" * 61)

    def test_every_change_is_a_version(self, tree):
        member = make_member(tree.l1)
        first = correct(member, workplace="供水车间")
        assert (first.version, first.updated_at) == (member.version + 1, NOW)
        assert correct(member, workplace="供水车间").version == first.version


class TestProfessionalDuty:
    """GB/T 8561: the duty says the level, and a file never says both differently."""

    def test_brings_its_level_along_and_the_record_shows_both(self, tree):
        member = correct(make_member(tree.l1), technical_duty="082")
        assert member.technical_post == "副高级"
        lower = correct(member, technical_duty="083", seen=filing.sheet_of(member))
        assert lower.technical_post == "中级"
        changes = audit.events_about(member.id)[0].data["changes"]
        assert changes == {"technical_duty": ["082", "083"], "technical_post": ["副高级", "中级"]}

    def test_is_taken_away_by_a_level_that_is_not_its_own(self, tree):
        member = correct(make_member(tree.l1), technical_duty="082")
        assert correct(member, technical_post="副高级").technical_duty == "082"
        other = correct(member, technical_post="正高级")
        assert (other.technical_duty, other.technical_post) == ("", "正高级")

    def test_leaves_the_level_when_it_is_unknown_again(self, tree):
        member = correct(make_member(tree.l1), technical_duty="082")
        assert correct(member, technical_duty="").technical_post == "副高级"

    def test_is_offered_under_the_headings_of_the_standard(self):
        offered = dict(fields.BY_KEY["technical_duty"].grouped_options)
        assert offered["工程技术人员"][0] == ("082", "高级工程师")
        assert sum(map(len, offered.values())) == len(fields.BY_KEY["technical_duty"].options)
        assert fields.BY_KEY["occupation"].grouped_options == ()


class TestDates:
    @pytest.mark.parametrize(
        "change",
        [
            {"joined_on": dt.date(1998, 1, 1), "birth_on": dt.date(1980, 1, 2), "full_on": None},
            {"work_started_on": dt.date(1980, 1, 1)},
            {"work_started_on": dt.date(2027, 1, 1)},
            {"branch_since": dt.date(2008, 6, 30)},
            {"probation_until": dt.date(2008, 7, 1)},
            {"party_age_adjust_months": 601},
            {"category": "PROBATIONARY", "full_on": None, "conversion": "ON_TIME"},
        ],
    )
    def test_out_of_order_are_refused(self, tree, change):
        with pytest.raises(filing.DatesDoNotFit):
            correct(make_member(tree.l1), **change, reason="档案核对")

    def test_of_the_eighteenth_birthday_is_late_enough(self, tree):
        member = make_member(tree.l1)
        kept = correct(member, joined_on=dt.date(1998, 1, 1), full_on=dt.date(1999, 1, 1))
        assert kept.joined_on == dt.date(1998, 1, 1)


class TestIdentity:
    def test_is_corrected_with_a_reason_and_masked_in_the_record(self, tree):
        member = make_member(tree.l1, birth_on=dt.date(1949, 12, 31), gender="F", joined_on=None,
                             full_on=None)  # fmt: skip
        with pytest.raises(filing.IdentityReasonNeeded):
            correct(member, identity=NUMBER)
        correct(member, identity=NUMBER, reason="核对身份证原件")
        member.refresh_from_db()
        assert sealing.open_identity(member.identity_sealed) == NUMBER
        assert NUMBER not in str(audit.events_about(member.id).get().data)

    @pytest.mark.parametrize(
        "number", ["1101051949123100", "110105194902310021", "110105194912310021", "ABC"]
    )
    def test_that_cannot_be_is_refused(self, tree, number):
        with pytest.raises(checking.IdentityNotValid):
            correct(make_member(tree.l1), identity=number, reason="核对身份证原件")

    def test_of_another_file_is_refused(self, tree):
        make_member(tree.l1, identity_number=NUMBER)
        with pytest.raises(filing.IdentityTaken):
            correct(make_member(tree.r1), identity=NUMBER, reason="核对身份证原件")

    @pytest.mark.parametrize("change", [{"birth_on": dt.date(1979, 12, 31)}, {"gender": "F"}])
    def test_that_says_another_birthday_or_sex_needs_a_reason(self, tree, change):
        member = make_member(tree.l1, identity_number="320303198001010011")
        with pytest.raises(checking.IdentityDiffers):
            correct(member, **change)
        assert correct(member, **change, reason="以干部档案为准").version == 2

    def test_is_not_looked_at_where_neither_was_changed(self, tree):
        member = make_member(tree.l1, identity_number="320303197901010011")
        assert correct(member, workplace="化验室").workplace == "化验室"

    def test_tells_birthday_and_sex(self):
        assert identity.told_by(NUMBER) == (dt.date(1949, 12, 31), "F")
        assert identity.told_by("320303198013010011") == (None, "")
        assert identity.problem_of(NUMBER) == ""

    @given(st.text(max_size=20))
    def test_never_breaks_on_what_people_write(self, text):
        identity.told_by(text)
        assert isinstance(identity.problem_of(text), str)


class TestAddress:
    def test_is_sealed_and_masked(self, tree):
        member = correct(make_member(tree.l1), address="江苏省徐州市云龙区虚构路 12 号 3 单元")
        member.refresh_from_db()
        assert member.address_masked == "江苏省徐州市****"
        assert sealing.open_address(member.address_sealed).endswith("3 单元")
        assert "虚构路" not in str(audit.events_about(member.id).get().data)
        assert correct(member, address="").address_masked == ""


class TestTwoAtOnce:
    def test_different_fields_both_stay(self, tree):
        member = make_member(tree.l1)
        seen = filing.sheet_of(member)
        correct(member, workplace="供水车间")
        kept = correct(member, native_place="江苏徐州", seen=seen)
        assert (kept.workplace, kept.native_place) == ("供水车间", "江苏徐州")

    def test_the_same_field_is_refused_and_named(self, tree):
        member = make_member(tree.l1)
        seen = filing.sheet_of(member)
        correct(member, workplace="供水车间")
        with pytest.raises(filing.FileChanged) as refused:
            correct(member, workplace="化验室", seen=seen)
        assert refused.value.data["fields"] == ["workplace"]
        assert Member.objects.get().workplace == "供水车间"

    def test_the_same_value_twice_is_no_conflict(self, tree):
        member = make_member(tree.l1)
        seen = filing.sheet_of(member)
        correct(member, workplace="供水车间")
        assert correct(member, workplace="供水车间", seen=seen).version == 2

    def test_by_version_any_change_is_one(self, tree):
        member = make_member(tree.l1)
        correct(member, workplace="供水车间", version=1)
        with pytest.raises(filing.FileChanged):
            correct(member, native_place="徐州", version=1)


class TestVersions:
    def test_say_who_changed_what_and_why(self, tree):
        member = make_member(tree.l1)
        correct(member, occupation="RETIRED", full_on=dt.date(2009, 7, 2), reason="档案核对")
        member.refresh_from_db()
        (version,) = versions_of(member)
        assert (version.who, version.reason) == ("艾达", "档案核对")
        assert {(c.label, c.old, c.new) for c in version.changes} == {
            ("工作岗位", "", "离退休人员"), ("转正日期", "2009-07-01", "2009-07-02"),
        }  # fmt: skip

    def test_tell_the_file_as_it_was_on_a_day(self, tree):
        member = make_member(tree.l1)
        correct(member, workplace="供水车间", now=NOW)
        correct(member, workplace="化验室", now=NOW + dt.timedelta(days=3))
        moved_at = NOW + dt.timedelta(days=5)
        member.refresh_from_db()
        moving.move(members=[member], org=tree.r1, actor=admin(), now=moved_at)
        member = Member.objects.select_related("org").get()

        def told(day):
            rows, org = as_of(member, day)
            return {field.key: text for field, text in rows}["workplace"], org

        assert told(TODAY - dt.timedelta(days=1)) == ("", "l1")
        assert told(TODAY) == ("供水车间", "l1")
        assert told(TODAY + dt.timedelta(days=3)) == ("化验室", "l1")
        assert told(TODAY + dt.timedelta(days=5)) == ("化验室", "r1")

    def test_give_one_field_back_to_who_may_correct_the_file(self, tree):
        member = make_member(tree.l1)
        correct(member, full_on=dt.date(2009, 7, 2), native_place="徐州")
        event = audit.events_about(member.id).get()
        found, same = version_for(admin(), event.pk, to=MemberPermission.EDIT)
        assert (found, same) == (member, event)
        assert old_value(event, "full_on") == dt.date(2009, 7, 1)
        elsewhere = somebody(("secretary", tree.r1.path))
        for actor, key in ((elsewhere, event.pk), (admin(), member.pk)):
            with pytest.raises(NotFound):
                version_for(actor, key, to=MemberPermission.EDIT)

    @pytest.mark.parametrize("key", ["phone", "category", "workplace", "nonsense", ""])
    def test_give_back_neither_what_is_sealed_nor_what_was_not_changed(self, tree, key):
        member = make_member(tree.l1)
        correct(member, phone="13900001111", category="PROBATIONARY", full_on=None, reason="误登")
        with pytest.raises(NotRestorable):
            old_value(audit.events_about(member.id).get(), key)

    def test_offer_only_what_can_be_given_back(self, tree):
        member = make_member(tree.l1)
        correct(member, phone="13900001111", category="PROBATIONARY", full_on=None, reason="误登")
        member.refresh_from_db()
        keys = {change.label: change.key for change in versions_of(member)[0].changes}
        assert keys == {"手机号码": "", "人员类别": "", "转正日期": "full_on"}


class TestPartyAge:
    """Rulebook 2.4: floor((months from becoming full to today + adjustment) / 12)."""

    @pytest.mark.parametrize(
        ("full_on", "adjust", "years"),
        [
            ("2009-07-01", 0, 17), ("2009-07-01", 8, 18), ("2009-07-01", 7, 17),
            ("2009-07-01", -5, 16), ("2009-07-01", -4, 17), ("2025-11-22", 0, 1),
            ("2025-11-23", 0, 0), ("2025-11-23", 1, 1), ("2026-11-22", -12, 0),
        ],
    )  # fmt: skip
    def test_counts_months_with_the_adjustment(self, full_on, adjust, years):
        assert party_age(dt.date.fromisoformat(full_on), TODAY, adjust) == years

    @given(st.dates(dt.date(1921, 7, 1), dt.date(2026, 11, 22)), st.integers(-600, 600))
    def test_grows_by_one_year_in_twelve_months(self, full_on, adjust):
        now = party_age(full_on, TODAY, adjust)
        later = party_age(full_on, TODAY.replace(year=2027), adjust)
        assert now >= 0
        assert later == now + 1 or (now == 0 and later in (0, 1))
        assert party_age(full_on, TODAY, 12 + adjust) in (now, now + 1)

    @given(st.dates(dt.date(1921, 7, 1), dt.date(2026, 11, 22)))
    def test_months_never_exceed_the_calendar(self, since):
        months = whole_months(since, TODAY)
        assert 0 <= months <= (TODAY.year - since.year) * 12 + TODAY.month - since.month


class TestCompleteness:
    def test_names_what_is_missing_and_who_fills_it_in(self, tree):
        member = make_member(tree.l1, phone=None)
        found = completeness_of(member, kinds=set())
        lacking = {lack.key: lack.who for lack in found.lacking}
        assert lacking["phone"] == "本人" and lacking["photo"] == "本人"
        assert "name" not in lacking and 0 < found.score < 100

    def test_asks_a_probationary_member_for_no_day_of_becoming_full(self, tree):
        member = make_member(tree.l1, category="PROBATIONARY", full_on=None)
        keys = {lack.key for lack in completeness_of(member, kinds=set()).lacking}
        assert not keys & {"full_on", "conversion"}

    def test_is_whole_only_when_nothing_is_missing(self, tree):
        member = make_member(tree.l1)
        everything = {
            "native_place": "徐州", "joined_kind": "NEW", "joined_place": "一支部",
            "conversion": "ON_TIME", "workplace": "水厂", "occupation": "WORKER",
            "household_place": "徐州", "address": "江苏省徐州市云龙区虚构路 12 号",
        }  # fmt: skip
        member = correct(member, **everything)
        member.photo_key = "units/x/photo.jpg"
        kinds = {"EDUCATION", "WORK", "FAMILY"}
        assert completeness_of(member, kinds=kinds).lacking == ()
        assert completeness_of(member, kinds=kinds).score == 100
        member.household_place = ""
        assert completeness_of(member, kinds=kinds).score < 100
