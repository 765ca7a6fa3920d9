"""The virtual environment: what counts as complete, and how a broken one is repaired."""

import json
import sys

import pytest

from tests.launcher.checkouts import gongjian, small_checkout
from tools.launcher import environment
from tools.launcher.home import Checkout


@pytest.fixture
def complete(tmp_path):
    """A checkout whose environment bears a stamp for its lock."""
    checkout = Checkout(small_checkout(tmp_path, lock="# nothing\n"))
    site = checkout.venv / "lib" / "python3.11" / "site-packages"
    (site / "thing-1.dist-info").mkdir(parents=True)
    (site / "thing-1.dist-info" / "RECORD").touch()
    checkout.python.parent.mkdir()
    checkout.python.symlink_to(sys.executable)
    environment._stamp(checkout, dev=False)
    return checkout


class TestIsCurrent:
    def test_a_stamped_environment_is(self, complete):
        assert environment.is_current(complete, dev=False)

    def test_another_lock_makes_it_stale(self, complete):
        (complete.root / "requirements.lock").write_text("# other\n", encoding="utf-8")
        assert not environment.is_current(complete, dev=False)

    def test_development_packages_are_asked_for_apart(self, complete):
        (complete.root / "requirements-dev.lock").write_text("# more\n", encoding="utf-8")
        assert not environment.is_current(complete, dev=True)

    def test_a_package_that_was_deleted_is_noticed(self, complete):
        (complete.site_packages / "thing-1.dist-info" / "RECORD").unlink()
        assert not environment.is_current(complete, dev=False)

    def test_the_mark_of_a_killed_run_is_noticed(self, complete):
        (complete.venv / environment.MAKING).touch()
        assert not environment.is_current(complete, dev=False)

    def test_an_environment_from_another_place_is_not(self, complete):
        stamp = complete.venv / environment.STAMP
        content = json.loads(stamp.read_text(encoding="utf-8"))
        stamp.write_text(json.dumps(content | {"base": ["/elsewhere/.venv", "3.11"]}))
        assert not environment.is_current(complete, dev=False)

    def test_a_python_that_is_gone_is_noticed(self, complete):
        complete.python.unlink()
        assert not environment.is_current(complete, dev=False)


def test_children_find_both_source_roots_and_nothing_from_outside(tmp_path):
    given = {"PATH": "/usr/bin", "PYTHONPATH": "/elsewhere", "PIP_TARGET": "/x", "LANG": "de"}
    env = environment.children_env(Checkout(tmp_path), given)
    assert env["PYTHONPATH"] == f"{tmp_path}:{tmp_path / 'platform'}"
    assert "PIP_TARGET" not in env
    assert env["LANG"] == "de"


def test_node_trusts_what_python_trusts(tmp_path):
    env = environment.children_env(Checkout(tmp_path), {"SSL_CERT_FILE": "/certificates.pem"})
    assert env["NODE_EXTRA_CA_CERTS"] == "/certificates.pem"


@pytest.mark.slow
class TestStart:
    def test_makes_a_half_made_one_anew_and_recovers_from_no_network(self, tmp_path):
        lock = "asgiref==3.13.0 --hash=sha256:" + "0" * 64 + "\n"
        folder = small_checkout(tmp_path, lock=lock)
        (folder / ".venv" / "bin").mkdir(parents=True)
        (folder / ".venv" / environment.MAKING).touch()
        (folder / ".venv" / "leftover").touch()
        failed = gongjian(folder, "version", PIP_NO_CACHE_DIR="1")
        assert failed.returncode == 1
        last = failed.stderr.strip().splitlines()[-1]
        assert last.startswith("gongjian: The package index cannot be reached:")
        assert "environment.log" in last
        assert not (folder / ".venv" / "leftover").exists()
        (folder / "requirements.lock").write_text("# nothing\n", encoding="utf-8")
        done = gongjian(folder, "version")
        assert (done.returncode, done.stdout) == (0, "platform: version\n"), done.stderr
        again = gongjian(folder, "version")
        assert (again.returncode, again.stderr) == (0, "")
