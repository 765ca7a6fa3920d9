"""Handing in a roster and understanding it."""

import datetime as dt
import hashlib

import pytest
from django.core.files.storage import default_storage

from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.models import ImportState, RosterImport
from onboarding.roster.fields import Field
from onboarding.roster.understanding import Corrections, Role, SheetCorrection
from onboarding.services import files, reading, review
from shared_apps.people.services import affiliations
from tenant_apps.members.models import Member
from tests.bench import roster_shapes


def upload(opening, roster, actor):
    return reading.receive(
        unit=opening.unit, filename=roster.filename, content=roster.content, actor=actor, now=now()
    )


@pytest.fixture
def read(opening, roster, officer):
    """A roster waiting for review."""
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    row.refresh_from_db()
    return row


def review_of(row):
    with unit_context(row.unit_id):
        return review.unpack(files.read("review", row.review_key))


class TestUpload:
    def test_keeps_the_file_sealed_in_the_units_storage(self, opening, roster, officer):
        row = upload(opening, roster, officer)
        assert row.state == ImportState.UPLOADED
        assert row.source_key.startswith(f"units/{opening.unit_id}/")
        with default_storage.open(row.source_key) as stored:
            assert roster.content[:64] not in stored.read()
        assert bytes(row.digest) == hashlib.sha256(roster.content).digest()
        assert roster.filename.encode() not in bytes(row.filename_sealed)

    def test_of_the_same_file_says_so_and_does_nothing(self, opening, roster, officer, colleague):
        upload(opening, roster, officer)
        with pytest.raises(reading.SameFile) as refused:
            upload(opening, roster, colleague)
        assert "陆远" in refused.value.message
        assert RosterImport.objects.count() == 1

    def test_of_another_file_while_one_is_in_hand_names_the_officer(
        self, opening, roster, officer, colleague
    ):
        first = upload(opening, roster, officer)
        other = roster_shapes.make("official", name="青石镇供销社", members=20, seed=9)
        with pytest.raises(reading.RosterInHand) as refused:
            upload(opening, other, colleague)
        assert "陆远" in refused.value.message
        assert refused.value.data["import_id"] == str(first.id)

    @pytest.mark.parametrize(
        ("name", "content", "refusal"),
        [
            ("a.xlsx", b"", reading.RosterEmpty),
            ("a.docx", b"x", reading.RosterKind),
            ("a.csv", b"x" * (50 * 1024 * 1024 + 1), reading.RosterTooLarge),
        ],
    )
    def test_refuses(self, opening, officer, name, content, refusal):
        with pytest.raises(refusal):
            reading.receive(
                unit=opening.unit, filename=name, content=content, actor=officer, now=now()
            )
        assert not RosterImport.objects.exists()

    def test_that_loses_the_race_leaves_no_file(self, opening, roster, officer, monkeypatch):
        upload(opening, roster, officer)
        kept = []
        monkeypatch.setattr(reading, "_refuse_same", lambda unit, digest: None)
        monkeypatch.setattr(files, "keep", lambda kind, content: kept.append(kind) or "")
        with pytest.raises(reading.IntegrityError):
            upload(opening, roster, officer)
        assert kept == ["source"]
        assert RosterImport.objects.count() == 1


class TestRead:
    def test_leaves_for_review_what_the_truth_says(self, read, roster):
        truth = roster.truth
        assert read.state == ImportState.REVIEW
        assert read.organization_count == truth.organisations
        assert read.accepted_count == truth.accepted
        assert read.rejected_count == len(truth.rejected)
        assert read.monthly_dues_fen == truth.monthly_dues_fen
        found = {(one.sheet, one.row): one.rule for one in review_of(read).rejections}
        assert found == truth.rejected

    def test_writes_nothing_into_the_unit(self, read):
        with unit_context(read.unit_id):
            assert not Member.objects.exists()

    def test_marks_identity_numbers_known_in_other_units_without_saying_whose(
        self, opening, roster, officer, beta
    ):
        row = upload(opening, roster, officer)
        reading.read(import_id=row.id)
        row.refresh_from_db()
        with unit_context(row.unit_id):
            people = reading.codec.unpack(files.read("accepted", row.accepted_key)).rows
        affiliations.record(
            unit_id=beta.id,
            unit_role=beta.schema_name,
            rows=[(uuid7(), None, people[3].identity_number)],
        )
        RosterImport.objects.filter(pk=row.pk).update(state=ImportState.UPLOADED)
        reading.read(import_id=row.id)
        row.refresh_from_db()
        assert row.known_elsewhere_count == 1
        assert review_of(row).known_elsewhere == ((review_of(row).sheets[0].name, people[3].row),)

    def test_of_a_file_that_cannot_be_read_fails_with_a_sentence(self, opening, officer):
        row = reading.receive(
            unit=opening.unit, filename="a.xlsx", content=b"%PDF-1.7", actor=officer, now=now()
        )
        reading.read(import_id=row.id)
        row.refresh_from_db()
        assert (row.state, row.error_code) == (ImportState.FAILED, "sheet_unknown_format")
        assert "PDF" in row.error_message

    def test_is_done_by_one_worker_at_a_time(self, opening, roster, officer):
        row = upload(opening, roster, officer)
        RosterImport.objects.filter(pk=row.pk).update(claimed_until=now() + dt.timedelta(hours=1))
        reading.read(import_id=row.id)
        row.refresh_from_db()
        assert row.state == ImportState.UPLOADED

    def test_makes_the_workbook_of_refused_rows(self, read):
        with unit_context(read.unit_id):
            assert files.read("refused", read.refused_key).startswith(b"PK")


class TestCorrections:
    def test_by_hand_are_read_again(self, read, officer):
        name = review_of(read).sheets[0].name
        reading.correct(
            held=read,
            corrections=Corrections(
                sheets={name: SheetCorrection(role=Role.MEMBERS, columns={Field.PHONE: None})}
            ),
            actor=officer,
            now=now(),
        )
        reading.read(import_id=read.id)
        read.refresh_from_db()
        assert read.state == ImportState.REVIEW
        assert review_of(read).sheets[0].column(Field.PHONE) is None

    def test_are_refused_once_it_is_confirmed(self, read, officer):
        RosterImport.objects.filter(pk=read.pk).update(state=ImportState.IMPORTING)
        with pytest.raises(reading.NotForReview):
            reading.correct(held=read, corrections=Corrections(), actor=officer, now=now())

    def test_giving_up_deletes_what_was_kept(self, read, officer):
        key = read.accepted_key
        reading.discard(held=read, actor=officer, now=now())
        read.refresh_from_db()
        assert read.state == ImportState.DISCARDED
        assert read.accepted_key == ""
        assert not default_storage.exists(key)
