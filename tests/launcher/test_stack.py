"""Which services are embedded, and what the platform is told."""

import stat

import pytest

from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home, Lock, write_json
from tools.launcher.services import postgres, shelter
from tools.launcher.stack import Stack, embedded

SERVICES = ("DATABASE_URL", "DATABASE_ADMIN_URL", "BROKER_URL", "CACHE_URL", "S3_ENDPOINT")


@pytest.fixture
def stack(tmp_path, monkeypatch):
    for name in (*SERVICES, "SECRET_KEY", "MASTER_KEY", "PORT", "INTAKE_PORT", "PAYSIM_URL",
                 "BASE_DOMAIN"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    ports = {"postgres": 1111, "valkey": 2222, "s3": 3333, "web": 8123, "paysim": 4444}
    return Stack(Checkout(tmp_path), Home(tmp_path / "data"), ports=ports)


class TestEmbedded:
    def test_everything_when_nothing_is_configured(self):
        assert embedded({}) == ["postgres", "valkey", "s3"]

    def test_a_configured_service_is_not(self):
        given = {"DATABASE_URL": "postgresql://db/x", "BROKER_URL": "redis://r", "CACHE_URL": "c"}
        assert embedded(given) == ["s3"]

    def test_half_a_configuration_is_refused(self):
        with pytest.raises(Stop, match="BROKER_URL is set but CACHE_URL is not"):
            embedded({"BROKER_URL": "redis://r"})


class TestEnvironment:
    def test_two_logins_of_different_power(self, stack):
        env = stack.environment()
        assert env["DATABASE_URL"].startswith("postgresql://gongjian_app:")
        assert env["DATABASE_ADMIN_URL"].startswith("postgresql://gongjian_owner:")
        assert env["DATABASE_URL"].endswith("@127.0.0.1:1111/gongjian")
        assert env["PORT"] == "8123"
        assert env["INTAKE_PORT"] == "8123"
        assert env["PAYSIM_URL"] == "http://127.0.0.1:4444"
        assert len(bytes.fromhex(env["MASTER_KEY"])) == 32

    def test_channels_call_at_the_door_of_their_own(self, stack):
        stack.choose_ports([], web=8123)
        env = stack.environment()
        assert env["INTAKE_PORT"] == str(stack.ports["intake"]) != env["PORT"]

    def test_the_callers_variables_go_first(self, stack, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://me@db.example/mine")
        del stack.ports["postgres"]
        env = stack.environment()
        assert env["DATABASE_URL"] == env["DATABASE_ADMIN_URL"] == "postgresql://me@db.example/mine"

    def test_secrets_are_made_once_and_kept_private(self, stack):
        assert stack.environment() == stack.environment()
        assert stat.S_IMODE(stack.home.secrets_file.stat().st_mode) == 0o600

    def test_lost_secrets_are_not_replaced_under_existing_data(self, stack):
        (stack.home.path / "pg").mkdir(parents=True)
        with pytest.raises(Stop, match=r"secrets\.json is gone.*demo --fresh --yes"):
            stack.environment()


def test_a_lock_is_held_by_one(tmp_path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


class TestPostgres:
    def test_a_private_home_folder_is_out_of_reach_for_others(self, tmp_path):
        closed = tmp_path / "home"
        (closed / "checkout").mkdir(parents=True)
        closed.chmod(0o700)
        assert not shelter.is_reachable_by_all(closed / "checkout")

    def test_a_shelter_is_abandoned_when_its_data_folder_is_gone(self, tmp_path):
        home = tmp_path / "data"
        home.mkdir()
        note = {"home": str(home), "device": tmp_path.stat().st_dev}
        write_json(tmp_path / "shelter" / shelter.NOTE, note)
        assert not shelter.is_abandoned(tmp_path / "shelter")
        home.rmdir()
        assert shelter.is_abandoned(tmp_path / "shelter")

    def test_a_shelter_is_abandoned_when_its_data_folder_was_made_anew(self, tmp_path):
        write_json(tmp_path / "data" / "secrets.json", {"instance": "other"})
        note = {"home": str(tmp_path / "data"), "device": tmp_path.stat().st_dev}
        write_json(tmp_path / "shelter" / shelter.NOTE, note)
        assert shelter.is_abandoned(tmp_path / "shelter")

    def test_a_shelter_whose_disk_is_not_mounted_is_kept(self, tmp_path):
        note = {"home": "/mnt/gone/data", "device": tmp_path.stat().st_dev + 1}
        write_json(tmp_path / "shelter" / shelter.NOTE, note)
        assert not shelter.is_abandoned(tmp_path / "shelter")

    @pytest.mark.parametrize("content", ["1\n/data\n", "999999999\n/data\n"])
    def test_the_mark_of_a_killed_server_is_removed(self, tmp_path, content):
        (tmp_path / "postmaster.pid").write_text(content, encoding="utf-8")
        postgres._clear_stale_pid(tmp_path)
        assert not (tmp_path / "postmaster.pid").exists()
