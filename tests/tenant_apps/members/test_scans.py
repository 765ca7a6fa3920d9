"""Scans that a row of an extended set rests on: kept, refused, read by right (rulebook 8.1)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.papers import Upload
from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import EntryKind
from tenant_apps.members.selectors.entries import EntryNotFound, entry_for
from tenant_apps.members.selectors.scans import ScanNotFound, scans_of, size_label
from tenant_apps.members.services import entries, scans
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree

PDF = b"%PDF-1.7 invented"


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def entry(tree):
    member = make_member(tree.l1, "田雨欣")
    return entries.add(
        member=member, kind=EntryKind.REWARD, year=2025, actor=admin(), now=NOW,
        data={"name": "优秀共产党员", "level": "本单位", "organ": "中共root"},
    )  # fmt: skip


def attach(entry, name="证书.pdf", content=PDF):
    return scans.attach(entry=entry, file=Upload(name, content), actor=admin(), now=NOW)


def again(entry):
    entry.refresh_from_db()
    return entry


@pytest.mark.parametrize(
    ("size", "told"), [(1, "1 KB"), (120 * 1024, "120 KB"), (1_572_864, "1.5 MB")]
)
def test_sizes_are_told_as_people_read_them(size, told):
    assert size_label(size) == told


def test_is_kept_with_its_digest_recorded_and_taken_out_without_being_erased(entry, beta):
    made = attach(entry)
    assert scans.read(entry=again(entry), mark=made.digest) == (made, PDF)
    assert (made.told, len(made.digest)) == ("证书.pdf（1 KB）", 64)
    event = audit.events_about(entry.member_id).first()
    assert (event.code, event.data["file"]) == ("member.scan_added", "证书.pdf")
    scans.strike(entry=entry, mark=made.digest, actor=admin(), now=NOW)
    assert scans_of(again(entry)) == [] and entry.scans[0]["struck_at"]
    with pytest.raises(ScanNotFound):
        scans.read(entry=entry, mark=made.digest)
    attach(entry)
    with unit_context(beta.id), pytest.raises(EntryNotFound):
        entry_for(admin(), entry.pk, to="members:read")


def test_what_is_no_scan_is_refused(entry, monkeypatch):
    attach(entry)
    monkeypatch.setattr(scans, "LARGEST", len(PDF))
    for name, content, said in (
        ("证书.pdf", PDF, "已经上传过"),
        ("证书.pdf", b"MZ", "扩展名不符"),
        ("证书.exe", PDF, "请上传"),
        ("证书.pdf", PDF + b"x", "附件不能超过"),
    ):
        with pytest.raises(scans.ScanRefused, match=said):
            attach(entry, name, content)
    monkeypatch.setattr(scans, "MOST", 1)
    with pytest.raises(scans.ScanRefused, match="最多 1 个"):
        attach(entry, content=PDF[:-1])
    entries.strike(entry=entry, reason="误录", actor=admin(), now=NOW)
    with pytest.raises(entries.EntryStruck):
        attach(entry, content=PDF[:-1])


def test_on_the_page_and_by_api_by_right(alpha, tree, entry):
    desk = cast.officer(FacingClient(), alpha)
    page, api = f"/members/entries/{entry.pk}/", f"/api/v1/members/entries/{entry.pk}/scans/"
    desk.post(f"{page}scans/", {"file": SimpleUploadedFile("证书.pdf", PDF)})
    (made,) = scans_of(again(entry))
    link = f"{page}scans/{made.digest}/"
    assert link in desk.get(page).content.decode()
    assert link in desk.get(f"/members/{entry.member_id}/?tab=sets").content.decode()
    got = desk.get(link)
    assert got.content == PDF and got["X-Content-Type-Options"] == "nosniff"
    refused = desk.post(api, {"file": SimpleUploadedFile("x.pdf", b"MZ")})
    assert (refused.status_code, refused.json()["code"]) == (422, "member_scan_refused")
    sent = desk.post(api, {"file": SimpleUploadedFile("二.pdf", PDF + b"2")})
    assert sent.status_code == 201
    assert desk.get(f"{api}{sent.json()['digest']}/").content == PDF + b"2"
    other = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.l2.path)
    assert other.get(link).status_code == 404
    assert other.get(f"{api}{made.digest}/").status_code == 404
    assert other.post(f"{page}scans/", {}).status_code == 404
    assert desk.delete(f"{api}{sent.json()['digest']}/").status_code == 204
    assert desk.post(f"{link}strike/").status_code == 302
    assert scans_of(again(entry)) == []


def test_who_corrects_files_elsewhere_only_reads_them_here(alpha, tree, entry):
    made = attach(entry)
    desk = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.l2.path, name="本")
    who = cast.person(f"本-secretary-{tree.l2.path}-{alpha.label}")
    Grant.objects.create(
        person_id=who.id, role="treasurer", scope=tree.l1.path, person_name="本", granted_at=NOW
    )
    page, api = f"/members/entries/{entry.pk}/scans/", f"/api/v1/members/entries/{entry.pk}/scans/"
    assert desk.get(f"{page}{made.digest}/").content == PDF
    sent = {"file": SimpleUploadedFile("二.pdf", PDF + b"2")}
    for refused in (
        desk.post(page, sent),
        desk.post(f"{page}{made.digest}/strike/"),
        desk.post(api, {"file": SimpleUploadedFile("二.pdf", PDF + b"2")}),
        desk.delete(f"{api}{made.digest}/"),
    ):
        assert refused.status_code == 403
    assert scans_of(again(entry)) == [made]
