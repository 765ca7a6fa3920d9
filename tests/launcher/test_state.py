"""`run.json` of a run that was killed."""

import os
import subprocess

import pytest

from tests.launcher.checkouts import gongjian, small_checkout
from tools.launcher import process, state
from tools.launcher.home import Home, write_json
from tools.launcher.output import Progress
from tools.launcher.supervisor import Supervisor


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "data")


@pytest.fixture
def sleeper():
    """A process in a group of its own, like a child of the launcher."""
    started = subprocess.Popen(["sleep", "60"], process_group=0)
    yield started
    started.kill()
    started.wait()


def _note(home, *, pid, born, children=()):
    write_json(
        home.run_file, {"kind": "demo", "pid": pid, "born": born, "children": list(children)}
    )


def _dead_pid():
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_our_own_note_is_alive(home):
    state.write(home, Supervisor(Progress()), kind="demo", ports={"web": 8000})
    assert state.live(home).ports == {"web": 8000}


def test_a_number_that_another_process_has_now_is_not_ours(home):
    _note(home, pid=os.getpid(), born="another start")
    assert state.live(home) is None


def test_a_file_cut_off_by_a_crash_is_no_instance(home):
    home.make()
    home.run_file.write_text('{"pid": 1', encoding="utf-8")
    assert state.live(home) is None
    state.clean_up(home, Progress())
    assert not home.run_file.exists()


def test_what_a_killed_launcher_left_running_is_ended(home, sleeper):
    child = {"name": "worker", "pid": sleeper.pid, "born": process.born(sleeper.pid)}
    _note(home, pid=_dead_pid(), born="before", children=[child])
    state.clean_up(home, Progress())
    assert sleeper.wait(5) != 0
    assert not home.run_file.exists()


def test_a_stranger_with_the_number_of_a_child_is_left_alone(home, sleeper):
    child = {"name": "worker", "pid": sleeper.pid, "born": "another start"}
    _note(home, pid=_dead_pid(), born="before", children=[child])
    state.clean_up(home, Progress())
    assert sleeper.poll() is None


def test_status_and_stop_see_through_a_stale_note(tmp_path):
    folder = small_checkout(tmp_path)
    home = Home(folder / ".gongjian")
    _note(home, pid=_dead_pid(), born="before")
    status = gongjian(folder, "status", "--json")
    assert (status.returncode, status.stdout) == (3, '{"running": false}\n')
    stopped = gongjian(folder, "stop")
    assert (stopped.returncode, stopped.stdout) == (0, "The demo is not running.\n")
    assert not home.run_file.exists()
