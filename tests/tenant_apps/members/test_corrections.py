"""A member asks, somebody else of the office decides, everybody can tell what became of it."""

import datetime as dt

import pytest

from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.storage import unit_files
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Correction, Entry, Member
from tenant_apps.members.selectors import corrections as reading
from tenant_apps.members.selectors.fields import FIELDS
from tenant_apps.members.services import checking, corrections, filing, pictures, sealing
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, small_tree, somebody
from tests.tenant_apps.members.test_pictures import exif, jpeg

REASON = "毕业证书为准"


def ask(member, field="education", value="硕士研究生", *, actor=None, reason=REASON, **more):
    wanted = more.pop("wanted", {"value": value})
    return corrections.ask(
        member=member, field=field, wanted=wanted, reason=reason,
        actor=actor or somebody(member_id=member.pk), today=TODAY, now=NOW, **more,
    )  # fmt: skip


def accept(row, actor=None):
    return corrections.accept(correction=row, actor=actor or admin(), today=TODAY, now=NOW)


class TestPhoto:
    def test_waits_for_somebody_elses_look_and_replaces_the_old_one(self, tree):
        member = make_member(tree.l1)
        row = ask(member, "photo", wanted={}, proof=corrections.Proof("我.jpg", jpeg(exif(6))))
        assert not Member.objects.get().photo_key
        assert b"GPS" not in unit_files().read(row.file_key)
        with pytest.raises(corrections.OwnCorrection):
            accept(row, somebody(("secretary", ""), member_id=member.pk))
        accept(row)
        assert unit_files().read(Member.objects.get().photo_key) == unit_files().read(row.file_key)
        assert audit.events_about(member.id).filter(code="member.photo_put").exists()

    @pytest.mark.parametrize(
        ("proof", "error"),
        [
            (None, corrections.CorrectionNotValid),
            (corrections.Proof("a.pdf", b"%PDF-1.7"), pictures.PictureRefused),
            (corrections.Proof("a.jpg", jpeg(width=20)), pictures.PictureRefused),
        ],
    )
    def test_is_a_picture_of_a_size(self, tree, proof, error):
        with pytest.raises(error):
            ask(make_member(tree.l1), "photo", wanted={}, proof=proof)

    def test_comes_once(self, tree):
        member = make_member(tree.l1)
        proof = corrections.Proof("我.jpg", jpeg())
        ask(member, "photo", wanted={}, proof=proof)
        with pytest.raises(corrections.CorrectionNotValid):
            ask(member, "photo", wanted={}, proof=proof)


class TestAsk:
    def test_waits_and_leaves_the_file(self, tree):
        member = make_member(tree.l1)
        row = ask(member)
        assert (row.state, row.old, row.wanted) == ("WAITING", "大学本科", {"value": "硕士研究生"})
        assert Member.objects.get().education == "大学本科"
        assert audit.events_about(member.id).get().code == "member.correction_asked"

    @pytest.mark.parametrize("field", [field.key for field in FIELDS if not field.may_ask])
    def test_is_not_for_what_the_party_decides(self, tree, field):
        with pytest.raises(corrections.CorrectionNotValid):
            ask(make_member(tree.l1), field, "1")
        assert not Correction.objects.exists()

    @pytest.mark.parametrize(
        ("field", "value", "error"),
        [
            ("education", "博士后", checking.ValueNotKnown),
            ("education", "大学本科", corrections.CorrectionNotValid),
            ("education", "", corrections.CorrectionNotValid),
            ("birth_on", "1980-13-01", corrections.CorrectionNotValid),
            ("birth_on", "2030-01-01", filing.DatesDoNotFit),
            ("joined_on", "1997-01-01", filing.DatesDoNotFit),
            ("phone", "12", filing.PhoneNotValid),
            ("identity", "123", checking.IdentityNotValid),
            ("nonsense", "x", corrections.CorrectionNotValid),
            ("DISCIPLINE", "x", corrections.CorrectionNotValid),
            ("LOST", "x", corrections.CorrectionNotValid),
        ],
    )
    def test_of_what_could_not_be_accepted_is_refused_at_once(self, tree, field, value, error):
        with pytest.raises(error):
            ask(make_member(tree.l1), field, value)
        assert not Correction.objects.exists()

    def test_needs_a_reason_and_comes_once_for_a_field(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(corrections.CorrectionNotValid):
            ask(member, reason="错")
        ask(member)
        with pytest.raises(corrections.CorrectionNotValid):
            ask(member, value="大学专科")

    def test_has_an_end(self, tree):
        member = make_member(tree.l1)
        for _ in range(corrections.MOST_WAITING):
            ask(member, "WORK", wanted={"workplace": "水厂", "post": "工人"})
        with pytest.raises(corrections.TooManyWaiting):
            ask(member)

    def test_seals_what_is_sealed(self, tree):
        member = make_member(tree.l1)
        row = ask(member, "phone", "13900003333")
        assert row.wanted == {"value": "139****3333"}
        accept(row)
        member.refresh_from_db()
        assert sealing.open_phone(member.phone_sealed) == "13900003333"
        told = str([event.data for event in audit.events_about(member.id)])
        assert "13900003333" not in told


class TestProof:
    def test_is_kept_without_where_it_was_taken(self, tree):
        proof = corrections.Proof("毕业证.jpg", jpeg(exif(1)))
        row = ask(make_member(tree.l1), proof=proof)
        assert (row.file_name, unit_files().read(row.file_key)) == ("毕业证.jpg", jpeg())

    def test_may_be_a_pdf_and_nothing_else(self, tree):
        member = make_member(tree.l1)
        ask(member, proof=corrections.Proof("a.pdf", b"%PDF-1.7 x"))
        with pytest.raises(pictures.PictureRefused):
            ask(member, "degree", "硕士", proof=corrections.Proof("a.exe", b"MZ"))
        large = corrections.Proof("a.pdf", b"%PDF-" + b"0" * corrections.LARGEST)
        with pytest.raises(corrections.CorrectionNotValid):
            ask(member, "degree", "硕士", proof=large)


class TestDecide:
    def test_accepting_corrects_the_file_under_the_members_reason(self, tree):
        member = make_member(tree.l1)
        row = accept(ask(member))
        assert (row.state, row.decided_by_name) == ("ACCEPTED", "艾达")
        assert Member.objects.get().education == "硕士研究生"
        corrected = audit.events_about(member.id).get(code="member.corrected")
        assert corrected.data["reason"] == f"本人申请：{REASON}"

    def test_accepting_a_row_writes_it_with_its_numbers(self, tree):
        member = make_member(tree.l1)
        wanted = {"relation": "配偶", "name": "虚构人", "phone": "13900002222"}
        row = ask(member, "FAMILY", wanted=wanted)
        assert "13900002222" not in str(row.wanted)
        accept(row)
        assert Entry.objects.get().data["phone"] == "139****2222"

    def test_accepting_a_row_keeps_its_days(self, tree):
        member = make_member(tree.l1)
        days = {"began_on": dt.date(2020, 9, 1), "ended_on": dt.date(2024, 6, 30)}
        accept(ask(member, "WORK", wanted={"workplace": "水厂", "post": "工人", **days}))
        entry = Entry.objects.get()
        assert (entry.began_on, entry.ended_on, entry.year) == (*days.values(), 2020)

    def test_refusing_says_why(self, tree):
        row = ask(make_member(tree.l1))
        with pytest.raises(corrections.CorrectionNotValid):
            corrections.refuse(correction=row, answer=" ", actor=admin(), now=NOW)
        done = corrections.refuse(correction=row, answer="材料不清", actor=admin(), now=NOW)
        assert (done.state, done.answer) == ("REFUSED", "材料不清")
        assert Member.objects.get().education == "大学本科"

    def test_nobody_decides_an_own_request(self, tree):
        """Rulebook 12.2: a second person."""
        member = make_member(tree.l1)
        officer = somebody(("secretary", tree.l1.path), member_id=member.pk)
        row = ask(member, actor=officer)
        for act in (
            lambda: accept(row, officer),
            lambda: corrections.refuse(correction=row, answer="不", actor=officer, now=NOW),
        ):
            with pytest.raises(corrections.OwnCorrection):
                act()
        assert Correction.objects.get().state == "WAITING"

    def test_is_done_once(self, tree):
        row = ask(make_member(tree.l1))
        accept(row)
        for act in (
            lambda: accept(row),
            lambda: corrections.refuse(correction=row, answer="不", actor=admin(), now=NOW),
        ):
            with pytest.raises(corrections.CorrectionDecided):
                act()

    def test_the_member_may_think_better_of_it(self, tree):
        member = make_member(tree.l1)
        row = ask(member)
        with pytest.raises(Forbidden):
            corrections.withdraw(correction=row, actor=admin(), now=NOW)
        me = somebody(member_id=member.pk)
        done = corrections.withdraw(correction=row, actor=me, now=NOW)
        assert done.state == "WITHDRAWN"
        with pytest.raises(corrections.CorrectionDecided):
            accept(row)

    def test_what_has_become_impossible_stays_waiting(self, tree):
        member = make_member(tree.l1)
        row = ask(member, "joined_on", "2009-01-01")
        filing.correct(
            member=member, sheet=filing.sheet_of(member), reason="", actor=admin(), today=TODAY,
            now=NOW,
        )  # fmt: skip
        Member.objects.update(full_on=dt.date(2008, 12, 1))
        with pytest.raises(filing.DatesDoNotFit):
            accept(row)
        assert Correction.objects.get().state == "WAITING"


class TestReading:
    def test_waits_for_who_may_correct_the_file(self, tree):
        member = make_member(tree.l1)
        row = ask(member)
        seen = {
            name: list(reading.corrections_visible_to(actor, is_waiting=True))
            for name, actor in {
                "branch": somebody(("secretary", tree.l1.path)),
                "above": somebody(("unit_admin", tree.left.path)),
                "elsewhere": somebody(("secretary", tree.r1.path)),
                "treasurer": somebody(("treasurer", "")),
                "member": somebody(member_id=member.pk),
            }.items()
        }
        assert seen == {"branch": [row], "above": [row], "elsewhere": [], "treasurer": [],
                        "member": []}  # fmt: skip
        assert reading.correction_for(somebody(member_id=member.pk), row.pk) == row
        for stranger in (somebody(member_id=uuid7()), somebody(("secretary", tree.r1.path))):
            with pytest.raises(reading.CorrectionNotFound):
                reading.correction_for(stranger, row.pk)

    def test_is_of_this_unit_only(self, tree, beta):
        row = ask(make_member(tree.l1))
        with unit_context(beta.id):
            small_tree()
            with pytest.raises(reading.CorrectionNotFound):
                reading.correction_for(admin(), row.pk)
