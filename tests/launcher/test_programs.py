"""The worker takes from every queue a job may be sent to."""

import re

from tests.launcher.checkouts import ROOT
from tools.launcher.fingerprint import PACKAGES
from tools.launcher.programs import QUEUES, WORKERS


def test_every_queue_has_a_worker():
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    used = {
        queue
        for path in sources
        for queue in re.findall(r'@job\([^)]*queue="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert used <= set(QUEUES)


def test_long_work_has_a_worker_of_its_own():
    assert len(set(QUEUES)) == len(QUEUES)
    for _, queues in WORKERS.values():
        assert not (set(queues) & {"default", "payments"}) or not (set(queues) & {"bulk", "export"})
