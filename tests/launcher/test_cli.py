"""Words, and what the terminal shows."""

import subprocess
import sys

from tests.launcher.checkouts import ROOT, gongjian, small_checkout
from tools.launcher import demo
from tools.launcher.output import framed, timings_line, width
from tools.launcher.words import SPREAD, pytest_arguments

OLD = """
import sys
sys.version_info = (3, 9, 2, "final", 0)
source = open("gongjian").read()
exec(compile(source, "gongjian", "exec"), {"__name__": "__main__", "__file__": "gongjian"})
"""


def test_an_older_python_is_one_sentence():
    done = subprocess.run(
        [sys.executable, "-c", OLD], cwd=ROOT, env={"PATH": "/nonexistent"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "gongjian: Python 3.11 or later is needed, and this is 3.9; "
        "install it and run: python3.11 ./gongjian\n"
    )


def test_help_needs_nothing(tmp_path):
    folder = small_checkout(tmp_path)
    done = gongjian(folder, "help")
    assert done.returncode == 0
    assert "onboard FILE --unit NAME --json" in done.stdout
    assert not (folder / ".gongjian").exists()


def test_a_missing_lock_is_one_sentence(tmp_path):
    folder = small_checkout(tmp_path)
    (folder / "requirements.lock").unlink()
    done = gongjian(folder, "version")
    assert done.returncode == 1
    assert "requirements.lock is missing; restore it: git checkout" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_option_is_no_word(tmp_path):
    done = gongjian(small_checkout(tmp_path), "--detach")
    assert done.returncode == 2
    assert done.stderr == "gongjian: --detach is not a word; see: ./gongjian help\n"


def test_throwing_data_away_needs_consent(tmp_path):
    folder = small_checkout(tmp_path)
    (folder / ".gongjian").mkdir()
    done = gongjian(folder, "demo", "--fresh", "--port=65001")
    assert done.returncode == 1
    assert "add --yes to agree" in done.stderr


class TestPytestArguments:
    def test_two_processes_by_default(self):
        assert pytest_arguments(["tests/kernel"]) == [*SPREAD, "tests/kernel"]

    def test_fast_leaves_slow_and_browser_out(self):
        wanted = [*SPREAD, "-m", "not slow and not browser", "-x"]
        assert pytest_arguments(["--fast", "-x"]) == wanted

    def test_a_debugger_needs_one_process(self):
        assert pytest_arguments(["--pdb"]) == ["--pdb"]


class TestOutput:
    def test_chinese_characters_take_two_columns(self):
        assert width("共建 ok") == 7

    def test_every_line_of_a_frame_is_as_wide(self):
        lines = framed("title", ["控制台: http://console.localhost:8000", "", "x"]).splitlines()
        assert len({width(line) for line in lines}) == 1

    def test_the_summary_names_every_account(self):
        account = {"name": "外拓", "url": "u", "login": "li", "password": "p", "second_factor": "t"}
        lines = demo.summary_lines({"accounts": [account], "addresses": [], "notes": ["记下"]})
        assert "    sign in as li, password p, second factor: t" in lines
        assert lines[-1] == "记下"

    def test_timings_in_one_line(self):
        assert timings_line({"setup": 1.25, "total": 3}) == "timings: setup 1.2 s · total 3.0 s"
