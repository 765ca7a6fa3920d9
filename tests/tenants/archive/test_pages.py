"""The operators' pages, the unit's own export, and the command."""

import datetime as dt
import io
import json

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from kernel.clock import now
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Affiliation, Person, SecurityEvent
from shared_apps.people.services import second_factor, throttle
from tenant_apps.audit.models import Event
from tenants.archive import reading
from tenants.archive.models import Backup, BackupKind, BackupState, Restore, RestoreState
from tenants.services import backups
from tests import cast
from tests.conftest import FacingClient
from tests.shared_apps.support.conftest import SECRET, code_of
from tests.tenants.archive.conftest import rows_of
from tests.tenants.archive.test_restores import ADA, lose_a_member

PASSWORD = "向阳而生-2026-sunrise"
PASSPHRASE = "一句只有自己知道的话-2026"
ASK = {
    "reason": "年度归档", "passphrase": PASSPHRASE, "again": PASSPHRASE, "password": PASSWORD,
}  # fmt: skip


def body(response) -> str:
    return response.content.decode()


@pytest.fixture
def operator(committed):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def backup(gamma):
    return backups.take_now(unit=gamma, kind=BackupKind.MANUAL, reason="试验", actor=ADA, now=now())


@pytest.fixture
def administrator(gamma):
    client = cast.officer(FacingClient(), gamma)
    who = cast.person("艾达-unit_admin--gamma")
    with shared_context():
        Person.objects.filter(pk=who.pk).update(password=make_password(PASSWORD))
        second_factor.forget(person=who)
        second_factor.install(person=who, secret=SECRET, now=now())
        throttle.clear(limit=throttle.ACCOUNT, value=str(who.id))
        SecurityEvent.objects.using("owner").filter(person_id=who.id).delete()
    return client


def typed(**changes) -> dict[str, str]:
    """A form that is filled in rightly, with the number that the device shows now."""
    return {**ASK, "code": code_of(cast.person("艾达-unit_admin--gamma")), **changes}


class TestConsole:
    def test_lists_failed_ones_first(self, operator, gamma, backup):
        Backup.objects.create(
            unit=gamma, kind=BackupKind.SCHEDULED, state=BackupState.FAILED, error="存储空间不足。",
            requested_by_name="每日备份", requested_at=now() - dt.timedelta(days=1),
            finished_at=now(),
        )  # fmt: skip
        page = body(operator.get("/fleet/backups/"))
        assert page.index("存储空间不足") < page.index("手动备份")
        assert "手动备份" not in body(operator.get("/fleet/backups/?view=failed"))

    def test_backs_up_now(self, operator, gamma):
        done = operator.post("/fleet/backups/now/", {"unit": "gamma", "reason": "升级之前"})
        made = Backup.objects.get(unit=gamma)
        assert done["Location"] == f"/fleet/backups/{made.id}/"
        assert made.state == BackupState.DONE
        assert made.digest[:16] in body(operator.get(done["Location"]))

    def test_says_when_there_is_no_such_unit(self, operator):
        answer = operator.post("/fleet/backups/now/", {"unit": "nobody"})
        assert answer.status_code == 404
        assert "没有找到这个单位" in body(answer)

    def test_gives_the_file_and_records_who_took_it(self, operator, gamma, backup):
        answer = operator.get(f"/fleet/backups/{backup.id}/file/")
        content = b"".join(answer.streaming_content)
        assert len(content) == backup.bytes
        with shared_context():
            assert SecurityEvent.objects.filter(code="backup.downloaded", unit_id=gamma.id).exists()

    def test_restores_with_two_people_and_takes_it_back(self, operator, gamma, backup):
        lose_a_member(gamma)
        changed = rows_of(gamma)
        address = f"/fleet/backups/{backup.id}/restore/"
        wrong = operator.post(address, {"typed": "伽马", "reason": "误改姓名"})
        assert wrong.status_code == 422
        assert "原样输入" in body(wrong)
        asked = operator.post(address, {"typed": gamma.name, "reason": "误改姓名"})["Location"]
        operator.post(f"{asked}confirm/")
        assert Restore.objects.get().state == RestoreState.ASKED, "one person is not two"
        colleague = cast.staff(FacingClient(), "system_admin")
        assert "复核并恢复" in body(colleague.get(asked))
        colleague.post(f"{asked}confirm/")
        assert Restore.objects.get().state == RestoreState.DONE
        assert rows_of(gamma) != changed
        colleague.post(f"{asked}undo/")
        assert Restore.objects.get().state == RestoreState.DONE, "nobody asked for it yet"
        assert "申请撤回这次恢复" in body(colleague.get(asked))
        colleague.post(f"{asked}undo/ask/")
        assert "等待另一人复核撤回" in body(colleague.get(asked))
        assert "复核并撤回" not in body(colleague.get(asked))
        colleague.post(f"{asked}undo/")
        assert Restore.objects.get().state == RestoreState.DONE, "one person is not two"
        assert "复核并撤回" in body(operator.get(asked))
        operator.post(f"{asked}undo/")
        assert Restore.objects.get().state == RestoreState.UNDONE

    def test_auditors_look_and_do_nothing(self, committed, backup):
        auditor = cast.staff(FacingClient(), "audit_admin")
        assert auditor.get("/fleet/backups/").status_code == 200
        assert auditor.get(f"/fleet/backups/{backup.id}/file/").status_code == 403
        assert auditor.post("/fleet/backups/now/", {"unit": "gamma"}).status_code == 403
        assert auditor.post(f"/fleet/backups/{backup.id}/restore/", {}).status_code == 403

    def test_a_units_own_export_is_not_the_operators(self, operator, gamma, administrator):
        administrator.post("/takeouts/", typed())
        takeout = Backup.objects.get(unit=gamma)
        assert "完整导出" not in body(operator.get("/fleet/backups/"))
        assert operator.get(f"/fleet/backups/{takeout.id}/").status_code == 404
        assert operator.get(f"/fleet/backups/{takeout.id}/file/").status_code == 404

    def test_the_api_does_the_same(self, operator, gamma, backup):
        listed = operator.get("/api/v1/fleet/backups/").json()["results"]
        assert [one["id"] for one in listed] == [str(backup.id)]
        answer = operator.post(
            f"/api/v1/fleet/backups/{backup.id}/restore/",
            {"typed_name": gamma.name, "reason": "误改姓名"},
            content_type="application/json",
        )
        assert answer.status_code == 201
        refused = operator.post(f"/api/v1/fleet/restores/{answer.json()['id']}/confirm/")
        assert refused.status_code == 403
        assert refused.json()["code"] == "restore_second_person"


class TestTakeout:
    def test_is_written_locked_and_recorded(self, administrator, gamma):
        assert administrator.post("/takeouts/", typed())["Location"] == "/takeouts/"
        takeout = Backup.objects.get(unit=gamma)
        assert takeout.state == BackupState.DONE, takeout.error
        assert takeout.key_sealed is None
        answer = administrator.get(f"/takeouts/{takeout.id}/file/")
        content = io.BytesIO(b"".join(answer.streaming_content))
        with reading.opened(content, passphrase=PASSPHRASE) as opened:
            assert "13900000000" in opened.contents.read("tables/members_member.csv").decode()
        with unit_context(gamma.id):
            codes = set(Event.objects.values_list("code", flat=True))
        assert {"unit.export_requested", "unit.export_fetched"} <= codes

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"password": "falsch"}, "密码不正确"),
            ({"code": "000000"}, "验证码不正确"),
            ({"code": ""}, "验证器中的 6 位数字"),
            ({"passphrase": "kurz", "again": "kurz"}, "至少需要 12 个字符"),
            ({"again": "eine-andere-2026"}, "不一致"),
            ({"reason": "年"}, "请写明事由"),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, administrator, gamma, wrong, says):
        answer = administrator.post("/takeouts/", typed(**wrong))
        assert answer.status_code == 422
        assert says in body(answer)
        assert not Backup.objects.filter(unit=gamma).exists()

    def test_a_wrong_code_is_counted_and_recorded(self, administrator, gamma):
        for _ in range(5):
            administrator.post("/takeouts/", typed(code="000000"))
        answer = administrator.post("/takeouts/", typed())
        assert answer.status_code == 429
        who = cast.person("艾达-unit_admin--gamma")
        with shared_context():
            refused = SecurityEvent.objects.filter(code="second_factor.refused", person_id=who.id)
            assert refused.count() == 5

    def test_a_code_is_used_up_only_by_what_is_right_otherwise(self, administrator, gamma):
        given = typed()
        for wrong in ({"reason": "年"}, {"passphrase": "kurz", "again": "kurz"}):
            administrator.post("/takeouts/", {**given, **wrong})
        assert administrator.post("/takeouts/", given).status_code == 302

    def test_a_colleague_sees_it_and_cannot_fetch_it(self, administrator, gamma):
        administrator.post("/takeouts/", typed())
        takeout = Backup.objects.get(unit=gamma)
        colleague = cast.officer(FacingClient(), gamma, name="本")
        assert "年度归档" in body(colleague.get("/takeouts/"))
        assert colleague.get(f"/takeouts/{takeout.id}/file/").status_code == 404
        assert colleague.get(f"/api/v1/takeouts/{takeout.id}/file/").status_code == 404

    def test_another_unit_finds_nothing(self, administrator, gamma, delta):
        administrator.post("/takeouts/", typed())
        takeout = Backup.objects.get(unit=gamma)
        foreign = cast.officer(FacingClient(), delta)
        assert "还没有导出过" in body(foreign.get("/takeouts/"))
        assert foreign.get(f"/takeouts/{takeout.id}/file/").status_code == 404
        assert foreign.get("/api/v1/takeouts/").json() == []

    def test_is_gone_after_a_day(self, administrator, gamma):
        administrator.post("/takeouts/", typed())
        takeout = Backup.objects.get(unit=gamma)
        Backup.objects.filter(pk=takeout.pk).update(expires_at=now() - dt.timedelta(seconds=1))
        assert administrator.get(f"/takeouts/{takeout.id}/file/").status_code == 404
        backups.clear_takeouts()
        takeout.refresh_from_db()
        assert (takeout.state, takeout.storage_key) == (BackupState.EXPIRED, "")

    @pytest.mark.parametrize(
        ("role", "scope"), [("secretary", ""), ("treasurer", ""), ("unit_admin", "00010001")]
    )
    def test_is_for_administrators_of_the_whole_unit(self, gamma, role, scope):
        client = cast.officer(FacingClient(), gamma, role=role, scope=scope)
        assert client.get("/takeouts/").status_code == 403
        assert client.post("/api/v1/takeouts/", {}).status_code == 403

    def test_the_api_does_the_same(self, administrator, gamma):
        given = {key: value for key, value in typed().items() if key != "again"}
        wrong = administrator.post(
            "/api/v1/takeouts/", {**given, "code": "000000"}, content_type="application/json"
        )
        assert wrong.json()["code"] == "second_factor_wrong"
        made = administrator.post("/api/v1/takeouts/", given, content_type="application/json")
        assert made.status_code == 201
        listed = administrator.get("/api/v1/takeouts/").json()
        assert [one["state"] for one in listed] == ["done"]


def run(*words, **options):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("unit", *map(str, words), json=True, stdout=out, stderr=err, **options)
    except SystemExit as ended:
        assert ended.code == 2
    return json.loads(out.getvalue())


class TestCommand:
    def test_exports_verifies_restores_and_undoes(self, gamma, tmp_path):
        path, before = tmp_path / "gamma.gjunit", rows_of(gamma)
        written = run("export", "gamma", path)
        assert path.stat().st_mode & 0o077 == 0
        assert run("verify", path)["sm3"] == written["sm3"]
        lose_a_member(gamma)
        changed = rows_of(gamma)
        assert run("restore", gamma.credit_code, path)["rows"] == written["rows"]
        assert rows_of(gamma) == before
        run("undo", gamma.id)
        assert rows_of(gamma) == changed
        with unit_context(gamma.id):
            assert Event.objects.filter(code="unit.restore_undone").exists()

    def test_imports_elsewhere_and_lets_members_sign_in(self, gamma, delta, tmp_path):
        path, key = tmp_path / "gamma.gjunit", tmp_path / "key"
        key.write_text(PASSPHRASE + "\n")
        run("export", "gamma", path, passphrase_file=key)
        assert run("import", "delta", path, passphrase_file=key)["tables"]["members_member"] == 3
        assert Affiliation.objects.filter(unit_id=delta.id).count() == 3
        assert Affiliation.objects.filter(unit_id=delta.id, phone_index=None).count() == 1

    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("export", "nobody", "x"), "unit_unknown"),
            (("export", "gamma"), "unit_needed"),
            (("restore", "gamma", "not-there"), "file_missing"),
            (("verify", __file__), "archive_unknown"),
        ],
    )
    def test_refuses_in_one_sentence(self, gamma, words, code):
        assert run(*words)["error"]["code"] == code

    def test_overwrites_nothing(self, gamma, tmp_path):
        path = tmp_path / "gamma.gjunit"
        path.write_text("mine")
        assert run("export", "gamma", path)["error"]["code"] == "file_exists"
        assert path.read_text() == "mine"
