"""Two cells on loopback, a database and a web server each: a unit in each, one page for both."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from django.conf import settings

from tests.bench import roster_shapes
from tests.database import ROLES_LOCK, create_database

pytestmark = pytest.mark.slow
DOMAIN = "cells.test"
KEY = secrets.token_hex(32)
UNITS = {"main": "西山供水公司", "east": "东湖造船公司"}


class Cell:
    """One installation: its database, its keys, its processes."""

    def __init__(self, name, folder, port, **env):
        self.name, self.port, self.folder = name, port, folder / name
        self.folder.mkdir()
        self.database = f"gongjian_cell_{name}_{os.getpid()}"
        server = settings.TEST_DATABASE_SERVER.rpartition("/")[0]
        self.env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.cells.settings",
            "DATABASE_ADMIN_URL": f"{server}/{self.database}",
            "DATABASE_URL": f"postgresql://gongjian_test_app:app@{server.rpartition('@')[2]}"
            f"/{self.database}",
            "SECRET_KEY": secrets.token_hex(8),
            "MASTER_KEY": secrets.token_hex(32),
            "BROKER_URL": "memory://",
            "CACHE_URL": "redis://127.0.0.1:1/0",
            "BASE_DOMAIN": DOMAIN,
            "PORT": str(port),
            "GONGJIAN_DATA": str(self.folder),
            "READY_SCHEMAS": "0",
            "CELL": name,
            "CELL_KEYS": f"east={KEY}",
            "PYTHONPATH": f"{settings.ROOT}{os.pathsep}{settings.ROOT / 'platform'}",
            **env,
        }
        for unwanted in {"DEMO", "CONTROL_URL", "S3_ENDPOINT", "PROGRAM"} - set(env):
            self.env.pop(unwanted, None)

    def run(self, *words, module="config", code=0):
        done = subprocess.run(
            [sys.executable, "-m", module, *words], check=False,
            env=self.env, cwd=settings.ROOT, capture_output=True, text=True, timeout=240,
        )  # fmt: skip
        assert done.returncode == code, done.stderr[-3000:]
        return done.stdout.strip()

    def do(self, *words):
        return json.loads(self.run(*words, module="tests.cells.doing"))

    def onboard(self, name="", *, code=0):
        name = name or UNITS[self.name]
        roster = roster_shapes.make("two_columns", name=name, members=12, seed=7, share=0.0)
        path = self.folder / roster.filename
        path.write_bytes(roster.content)
        return json.loads(self.run("onboard", str(path), "--unit", name, "--json", code=code))

    def ask(self, host, path, *, cookie=""):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Host": host} | ({"Cookie": f"gongjian={cookie}"} if cookie else {})
        try:
            link.request("GET", path, headers=headers)
            answer = link.getresponse()
            return answer.status, answer.read().decode()
        finally:
            link.close()

    @contextmanager
    def installed(self):
        """The database with everything in it; away afterwards with its units' roles."""
        with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
            server.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
            create_database(server, self.database)
            try:
                self.run("setup")
            finally:
                server.execute("SELECT pg_advisory_unlock(%s)", [ROLES_LOCK])
        try:
            yield
        finally:
            with psycopg.connect(self.env["DATABASE_ADMIN_URL"]) as own:
                rows = own.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^t_'")
                roles = [role for (role,) in rows]
            with psycopg.connect(settings.TEST_DATABASE_SERVER, autocommit=True) as server:
                server.execute(f'DROP DATABASE "{self.database}"')
                for role in roles:
                    server.execute(f"DROP ROLE IF EXISTS {role}")

    @contextmanager
    def serving(self):
        """Its web server, as the launcher starts it, with one process."""
        with (self.folder / "web.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind",
                 f"127.0.0.1:{self.port}", "--worker-class=gthread", "--workers=1",
                 "--threads=4", "--no-control-socket"],
                env=self.env, cwd=settings.ROOT, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                self._await(process)
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)

    def _await(self, process):
        for _ in range(600):
            assert process.poll() is None, (self.folder / "web.log").read_text()[-3000:]
            try:
                self.ask("127.0.0.1", "/livez")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the web server does not answer")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_one_page_shows_the_units_of_two_cells(tmp_path):
    control = Cell("main", tmp_path, free_port())
    east = Cell("east", tmp_path, free_port(), CONTROL_URL=f"http://127.0.0.1:{control.port}")
    console = f"http://console-east.{DOMAIN}:{east.port}"
    url = f"http://127.0.0.1:{east.port}"
    with control.installed(), east.installed(), ExitStack() as island:
        with control.serving():
            control.run("cells", "add", "east", "--url", url, "--console", console)
            hosts = {cell.name: cell.onboard()["host"] for cell in (control, east)}
            assert east.do("minute") == {"minute": ""}
            done = control.do("minute", "seat", "map")
            assert f"{hosts['east']} gongjian_east;" in done["map"]
            expect_one_page(control, done["seat"], console)
            island.enter_context(east.serving())
            expect_routing(control, east, hosts)
        expect_an_island(east, hosts)


def expect_one_page(control, cookie, console):
    """The operator of the control cell sees both units, each in its cell, and the way there."""
    status, page = control.ask(f"console.{DOMAIN}", "/fleet/?view=all", cookie=cookie)
    assert status == 200
    assert all(name in page for name in UNITS.values())
    assert "所在分区" in page
    assert f"{console}/fleet/" in page
    _, text = control.ask(f"console.{DOMAIN}", "/api/v1/fleet/units/", cookie=cookie)
    rows = json.loads(text)["results"]
    assert {row["cell"]: row["name"] for row in rows} == UNITS
    assert {row["members"] for row in rows} == {12}


def expect_routing(control, east, hosts):
    """Every host is answered in its own cell and in no other."""
    for here, there in ((control, east), (east, control)):
        assert here.ask(hosts[here.name], "/sign-in/")[0] == 200
        status, page = here.ask(hosts[there.name], "/sign-in/")
        assert status == 421
        assert UNITS[there.name] not in page
        assert here.ask(f"nobody.{DOMAIN}", "/")[0] == 404
    assert east.ask(f"console-east.{DOMAIN}", "/sign-in/")[0] == 200
    assert east.ask(f"console.{DOMAIN}", "/sign-in/")[0] == 421
    assert control.ask(f"console-east.{DOMAIN}", "/sign-in/")[0] == 421


def expect_an_island(east, hosts):
    """Without the control cell everything goes on but registering."""
    assert east.ask(hosts["east"], "/sign-in/")[0] == 200
    assert east.ask(hosts["main"], "/sign-in/")[0] == 421, "it has its copy"
    assert east.onboard("东湖第二造船公司", code=2)["error"]["code"] == "control_cell_silent"
    assert east.do("minute", "units") == {"minute": "control_cell_silent", "units": 1}
    ready = json.loads(east.ask("127.0.0.1", "/readyz")[1])
    parts = {part["name"]: part for part in ready["parts"]}
    assert ready["ready"] is True
    assert parts["cells"]["is_well"] is False
    assert "control_cell_silent" in parts["cells"]["detail"]
