"""Storing members from rosters, sealing their numbers, withdrawing them."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import masks, pinyin
from kernel.errors import DomainError
from kernel.unit import shared_context, unit_context
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Standard
from tenant_apps.members.models import Member
from tenant_apps.members.services import intake, sealing
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import JOB, NOW


def put(*rows, import_id=None):
    return intake.store(rows=rows, import_id=import_id or uuid4(), actor=JOB, now=NOW)


class TestStore:
    def test_says_which_rows_made_somebody(self, tree):
        row = new_member(tree.l1)
        first = put(row)
        again = put(row, new_member(tree.l1))
        assert [made.row_key for made in first.made] == [row.row_key]
        assert again.already_known == [row.row_key]
        assert Member.objects.count() == 2

    def test_makes_a_person_once_even_within_a_chunk(self, tree):
        row = new_member(tree.l1)
        stored = put(row, row)
        assert (len(stored.made), len(stored.already_known)) == (1, 1)

    def test_knows_an_identity_number_in_either_case(self, tree):
        put(new_member(tree.l1, identity_number="32030319800101001x"))
        assert put(new_member(tree.l1, identity_number="32030319800101001X")).made == []

    def test_keeps_nothing_in_the_clear(self, tree):
        member = make_member(tree.l1, identity_number="320303198001010011", phone="13812345678")
        assert member.identity_masked == "320***********0011"
        assert member.phone_masked == "138****5678"
        assert b"320303198001010011" not in bytes(member.identity_sealed)
        assert sealing.open_identity(member.identity_sealed) == "320303198001010011"
        assert sealing.open_phone(member.phone_sealed) == "13812345678"

    def test_takes_one_row_with_everything_missing(self, tree):
        member = make_member(
            tree.l1,
            phone=None,
            gender="",
            ethnicity="",
            birth_on=None,
            education="",
            joined_on=None,
            full_on=None,
        )
        assert (member.phone_sealed, member.phone_masked, member.education) == (None, "", "")
        assert member.completeness == 0

    def test_takes_separators_inside_a_value_out(self, tree):
        made = store(new_member(tree.l1, "李\x1f明"), new_member(tree.l1, "王芳"))
        assert [member.name for member in made] == ["李明", "王芳"]

    def test_stores_a_chunk_in_a_fixed_number_of_statements(
        self, tree, django_assert_max_num_queries
    ):
        rows = [new_member(tree.l1) for _ in range(300)]
        with django_assert_max_num_queries(6):
            assert len(put(*rows).made) == 300

    def test_takes_an_empty_chunk(self, tree):
        assert put().made == []

    def test_is_recorded_and_reported(self, tree):
        import_id = uuid4()
        with shared_context():
            Outbox.objects.all().delete()
        put(new_member(tree.l1), new_member(tree.l1), import_id=import_id)
        assert audit.events_about(import_id).get().data["count"] == 2
        with shared_context():
            assert Outbox.objects.get(kind="members").numbers == {"delta": 2}

    def test_is_invisible_to_beta(self, tree, beta):
        make_member(tree.l1)
        with unit_context(beta.id):
            assert Member.objects.count() == 0


class TestWithdraw:
    def test_removes_only_what_the_import_made(self, tree):
        import_id = uuid4()
        kept = make_member(tree.l1)
        gone = store(new_member(tree.l1), import_id=import_id)[0]
        assert intake.withdraw(import_id=import_id, actor=JOB, now=NOW) == [gone.id]
        assert list(Member.objects.all()) == [kept]

    def test_refuses_while_something_points_to_them(self, tree):
        import_id = uuid4()
        member = store(new_member(tree.l1), import_id=import_id)[0]
        Standard.objects.create(
            member=member,
            year=2026,
            category="WAGE",
            base_fen=1,
            raw_fen=1,
            amount_fen=1,
            pack="x",
            pack_version="1",
            effective_month=202611,
            created_at=NOW,
        )
        with pytest.raises(DomainError) as refusal:
            intake.withdraw(import_id=import_id, actor=JOB, now=NOW)
        assert refusal.value.code == "members_in_use"
        assert Member.objects.filter(pk=member.pk).exists()


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("曾国强", "zengguoqiang", "zgq"), ("单雄信", "shanxiongxin", "sxx"),
        ("仇英", "qiuying", "qy"), ("区志伟", "ouzhiwei", "ozw"), ("尉迟恭", "yuchigong", "ycg"),
        ("欧阳春梅", "ouyangchunmei", "oycm"), ("赵 敏", "zhaomin", "zm"),
        ("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt"), ("解", "jie", "j"), ("", "", ""),
    ],
)  # fmt: skip
def test_pinyin_of_names(name, full, initials):
    assert pinyin.of_name(name) == (full, initials)


@given(st.text(alphabet="0123456789X", max_size=20))
def test_a_mask_keeps_the_length_and_at_most_seven_characters(number):
    hidden = masks.masked(number)
    shown = [place for place, character in enumerate(hidden) if character != "*"]
    assert len(hidden) == len(number)
    assert len(shown) <= 7
    assert all(hidden[place] == number[place] for place in shown)
    if number and len(number) <= 7:
        assert shown == []


@given(
    st.integers(10_000_000_000, 19_999_999_999), st.sampled_from(["{}", "+86 {}", "86-{}", " {} "])
)
def test_a_phone_is_normal_however_it_was_typed(number, shape):
    text = str(number)
    spaced = f"{text[:3]} {text[3:7]} {text[7:]}"
    assert sealing.normal_phone(shape.format(spaced)) == text
