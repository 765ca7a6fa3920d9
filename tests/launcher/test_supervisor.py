"""Children are restarted, stopped in order, and never outlive their launcher."""

import signal
import subprocess
import sys
import time

import pytest

from tests.launcher.checkouts import ROOT
from tools.launcher import process
from tools.launcher.errors import Stop
from tools.launcher.output import Progress
from tools.launcher.supervisor import Child, Supervisor


@pytest.fixture
def supervisor():
    made = Supervisor(Progress())
    yield made
    made.stop()


def _child(tmp_path, name, script, *, stage=0):
    return Child(
        name=name, argv=["sh", "-c", script], env={"PATH": "/usr/bin:/bin"}, cwd=tmp_path,
        log=tmp_path / f"{name}.log", stage=stage, grace=2,
    )  # fmt: skip


def _within(seconds, happened):
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


def test_a_child_that_dies_is_started_again(tmp_path, supervisor, capsys):
    supervisor.start(_child(tmp_path, "worker", "echo started; exit 3"))
    log = tmp_path / "worker.log"
    deadline = time.monotonic() + 10
    supervisor.watch(lambda: log.read_text().count("started") >= 2 or time.monotonic() > deadline)
    assert log.read_text().count("started") == 2
    assert "worker ended with 3; starting it again in 1 s" in capsys.readouterr().err


def test_higher_stages_end_first(tmp_path, supervisor):
    script = "trap 'echo {0} >> order; exit 0' TERM; touch {0}; while :; do sleep 0.05; done"
    for name, stage in (("postgres", 0), ("web", 1)):
        supervisor.start(_child(tmp_path, name, script.format(name), stage=stage))
    assert _within(5, lambda: (tmp_path / "web").exists() and (tmp_path / "postgres").exists())
    supervisor.stop()
    assert (tmp_path / "order").read_text().split() == ["web", "postgres"]


def test_one_that_will_not_end_is_killed_with_its_descendants(tmp_path, supervisor):
    supervisor.start(_child(tmp_path, "deaf", "trap '' TERM; sleep 61 & echo $!; wait; sleep 62"))
    log = tmp_path / "deaf.log"
    assert _within(5, lambda: log.read_text().strip())
    supervisor.stop()
    assert _within(5, lambda: process.born(int(log.read_text())) is None)


def test_a_start_that_fails_shows_its_last_lines(tmp_path, supervisor):
    supervisor.start(_child(tmp_path, "postgres", "echo no room left; exit 1"))
    with pytest.raises(Stop, match=r"postgres ended with 1 while starting(.|\n)*no room left"):
        process.wait_until(
            lambda: False, seconds=5, failed=supervisor.fell("postgres"), what="PostgreSQL"
        )


@pytest.mark.skipif(sys.platform != "linux", reason="the bond to the parent is Linux's")
def test_children_of_a_killed_launcher_end_too(tmp_path):
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from tools.launcher.output import Progress\n"
        "from tools.launcher.supervisor import Child, Supervisor\n"
        "here = Path(sys.argv[1])\n"
        "child = Child('x', ['sleep', '60'], {'PATH': '/usr/bin:/bin'}, here, here / 'log', 0)\n"
        "supervisor = Supervisor(Progress())\nsupervisor.start(child)\n"
        "print(supervisor.processes()[0]['pid'], flush=True)\ntime.sleep(60)\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    child = int(launcher.stdout.readline())
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    launcher.stdout.close()
    assert _within(5, lambda: process.born(child) is None)
