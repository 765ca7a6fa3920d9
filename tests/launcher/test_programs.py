"""The worker takes from every queue a job may be sent to."""

import re

from tests.launcher.checkouts import ROOT
from tools.launcher.fingerprint import PACKAGES
from tools.launcher.programs import QUEUES


def test_every_queue_has_a_worker():
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    used = {
        queue
        for path in sources
        for queue in re.findall(r'@job\([^)]*queue="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert used <= set(QUEUES.split(","))
