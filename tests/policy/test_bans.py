"""House rules that no linter knows: what may not be written, and why."""

import ast
import re
from functools import cache

from django.conf import settings

from tests.policy.test_layout import SOURCES

ROOT = settings.ROOT
UNIT_CODE = [p for p in SOURCES if "tenant_apps" in p.parts and "migrations" not in p.parts]
TEMPLATES = sorted(
    path
    for folder in ("platform", "shared_apps", "tenant_apps", "onboarding")
    for path in (ROOT / folder).rglob("templates/**/*.html")
)


@cache
def calls(path):
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [(ast.unparse(n.func), n.lineno) for n in nodes if isinstance(n, ast.Call)]


def found(paths, name):
    return [f"{p.relative_to(ROOT)}:{line}" for p in paths for n, line in calls(p) if name(n)]


def test_only_the_tenancy_moves_a_connection_between_units():
    """Anything else would leave the connection in a unit that nobody asked for."""
    allowed = ("platform/kernel/unit.py", "platform/config/", "tenants/")
    others = [p for p in SOURCES if not str(p.relative_to(ROOT)).startswith(allowed)]
    assert found(others, lambda n: re.search(r"\.set_(schema|tenant)", n)) == []


def test_unit_code_keeps_nothing_in_the_process():
    """A process serves all units: what is remembered in it is shown to the next one."""
    assert found(UNIT_CODE, lambda n: n.rsplit(".", 1)[-1] in {"lru_cache", "cache"}) == []


def test_nobody_registers_a_bare_on_commit():
    """It would fire in whatever unit is in force later; jobs carry theirs."""
    others = [p for p in SOURCES if p.name != "jobs.py" or "kernel" not in p.parts]
    assert found(others, lambda n: n.endswith("on_commit")) == []


def test_nobody_starts_a_thread():
    """A new thread has a new connection, which is in no unit; the one allowed has none."""
    shut = "onboarding/services/ahead.py"
    others = [p for p in SOURCES if "simulator" not in p.parts and p != ROOT / shut]
    assert found(others, lambda n: n.endswith(("Thread", "ThreadPoolExecutor"))) == []


BLOCKED = {
    "inline style": r"<[^>]+\sstyle=",
    "inline handler": r"<[^>]+\son[a-z]+=",
    "an address outside": r"(?:src|href)=\"(?:https?:)?//",
    "zoom forbidden": r"user-scalable\s*=\s*no",
}
SCRIPT = r"<script(?![^>]*\bsrc=)[^>]*>(?!\s*</script>)"
DATA = r"<script[^>]*type=\"application/json\""


def test_templates_obey_the_content_security_policy():
    assert len(TEMPLATES) > 100
    seen = []
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        wrong = [what for what, pattern in BLOCKED.items() if re.search(pattern, text)]
        if re.search(SCRIPT, text) and not re.search(DATA, text):
            wrong.append("inline script")
        seen += [f"{path.relative_to(ROOT)}: {what}" for what in wrong]
    assert seen == []


def test_locks_name_no_address_and_no_git():
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"git\+|github:|git://|--index-url|--find-links|file://", text)
        assert '"resolved"' not in text, name
        assert "@svg-maps/china" not in text
