"""PostgreSQL 18 in a cluster of its own.

PostgreSQL refuses to run as root. Root's cluster therefore belongs to `nobody`, and when the
checkout lies where `nobody` may not look (a home folder of mode 0700), programs and data go to a
shelter under /var/lib instead (`shelter`).
"""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from tools.launcher import ports, process
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home
from tools.launcher.services import shelter
from tools.launcher.supervisor import Child, Supervisor

PREFERRED_PORT = 15432
NAME = "postgres"
DATABASE = "gongjian"
ANSWER_SECONDS = 60
SETUP_STAMP = "setup.json"
DEMO_STAMP = "demo.json"
"""What was done to the data; void with the cluster."""
UNPRIVILEGED = "nobody"
SETTINGS = {
    "listen_addresses": f"'{ports.LOOPBACK}'",
    "unix_socket_directories": "''",
    "max_connections": "120",
    "shared_buffers": "256MB",
    "max_locks_per_transaction": "1024",
    "recovery_init_sync_method": "syncfs",
    "max_wal_size": "2GB",
    # Solid-state disks: a page elsewhere costs hardly more than the next one; and statements of a
    # page are over before a compiler has begun.
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For test data, which nobody misses after a power cut."""

ROLES = """
\\set ON_ERROR_STOP on
SELECT format('CREATE ROLE %I', name)
  FROM (VALUES ('gongjian_owner'), ('gongjian_app')) AS wanted (name)
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \\gexec
ALTER ROLE gongjian_owner LOGIN CREATEDB CREATEROLE PASSWORD :'owner_password';
ALTER ROLE gongjian_app LOGIN NOINHERIT PASSWORD :'app_password';
GRANT gongjian_app TO gongjian_owner WITH ADMIN OPTION, INHERIT FALSE, SET FALSE;
SELECT 'CREATE DATABASE gongjian OWNER gongjian_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gongjian') \\gexec
"""


@dataclass(frozen=True)
class Postgres:
    """The cluster, its superuser (used here only) and the two logins the platform works with."""

    checkout: Checkout
    home: Home
    port: int
    durable: bool = True

    def start(self, supervisor: Supervisor) -> None:
        """Make the cluster when there is none, start it, see to its logins. Raises Stop."""
        log = self.home.log("postgres-setup")
        base = self._base()
        programs = self._programs()
        data = base / "pg"
        if not (data / "PG_VERSION").exists():
            self._make_cluster(programs, data, log)
        self._configure(data)
        _clear_stale_pid(data)
        supervisor.start(
            Child(
                name=NAME,
                argv=[str(programs / "postgres"), "-D", str(data)],
                env=_plain_env(),
                cwd=Path("/"),
                log=self.home.log(NAME),
                stage=0,
                stop_signal=signal.SIGINT,
                grace=60,
                user=_other_user(),
            )
        )
        process.wait_until(
            lambda: self._accepts(programs, log),
            seconds=ANSWER_SECONDS,
            failed=supervisor.fell(NAME),
            what=f"PostgreSQL on port {self.port}",
        )
        self._make_logins(programs, log)

    def environment(self) -> dict[str, str]:
        """`DATABASE_ADMIN_URL` may make roles and databases; `DATABASE_URL` only uses them."""
        keys = self.home.secrets()
        place = f"{ports.LOOPBACK}:{self.port}/{DATABASE}"
        return {
            "DATABASE_URL": f"postgresql://gongjian_app:{keys['gongjian_app']}@{place}",
            "DATABASE_ADMIN_URL": f"postgresql://gongjian_owner:{keys['gongjian_owner']}@{place}",
        }

    def _base(self) -> Path:
        """The folder that holds the data: ours, or the shelter when `nobody` cannot reach ours."""
        sheltered = shelter.of(self.home)
        if _other_user() is None or shelter.is_reachable_by_all(self.home.path):
            return sheltered if (sheltered / "pg").exists() else self.home.path
        if (self.home.path / "pg").exists():
            raise Stop(
                f"The database in {self.home.path} belongs to {UNPRIVILEGED}, who may no longer "
                "enter one of the folders above it; allow that with chmod o+x."
            )
        return shelter.make(self.home)

    def _programs(self) -> Path:
        """The folder with `postgres` and `initdb`, copied when `nobody` cannot reach ours."""
        site = self.checkout.site_packages
        packaged = site / shelter.PROGRAMS
        if not (packaged / "bin" / "postgres").exists():
            raise Stop(
                "There is no embedded PostgreSQL for this machine; "
                "run your own (16 or later) and set DATABASE_URL and DATABASE_ADMIN_URL."
            )
        if _other_user() and not shelter.is_reachable_by_all(packaged):
            packaged = shelter.programs(site)
        return packaged / "bin"

    def _make_cluster(self, programs: Path, data: Path, log: Path) -> None:
        """In a draft folder, so that a run killed here leaves nothing that looks like a cluster."""
        password = self.home.secrets()["postgres"]
        draft = data.with_name("pg.new")
        for leftover in (draft, data):
            shutil.rmtree(leftover, ignore_errors=True)
        for stamp in (SETUP_STAMP, DEMO_STAMP):
            (self.home.path / stamp).unlink(missing_ok=True)
        draft.mkdir(mode=0o700)
        secret = draft.with_name("pg.password")
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
        user = _other_user()
        if user:
            for path in (draft, secret):
                shutil.chown(path, user)
        try:
            process.run(
                [
                    str(programs / "initdb"), "-D", str(draft), "-U", "postgres",
                    "--pwfile", str(secret), "--auth=scram-sha-256", "--encoding=UTF8",
                    "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
                    "--no-instructions", "--no-sync",
                ],
                log=log, env=_plain_env(), cwd=Path("/"), user=user,
            )  # fmt: skip
        except process.CommandFailed as failure:
            raise Stop(_why_no_cluster(failure.output), log=log) from failure
        finally:
            secret.unlink()
        draft.rename(data)

    def _configure(self, data: Path) -> None:
        """Our settings in a file of their own, written at every start."""
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else THROWAWAY)
        written = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (data / "gongjian.conf").write_text(written, encoding="utf-8")
        (data / "gongjian.conf").chmod(0o644)
        main = data / "postgresql.conf"
        text = main.read_text(encoding="utf-8")
        if "gongjian.conf" not in text:
            main.write_text(f"{text}\ninclude 'gongjian.conf'\n", encoding="utf-8")

    def _accepts(self, programs: Path, log: Path) -> bool:
        if not ports.answers(self.port):
            return False
        try:
            self._psql(programs, "SELECT 1", log)
        except process.CommandFailed:
            return False
        return True

    def _make_logins(self, programs: Path, log: Path) -> None:
        keys = self.home.secrets()
        given = {"owner_password": keys["gongjian_owner"], "app_password": keys["gongjian_app"]}
        variables = "".join(f"\\set {name} '{value}'\n" for name, value in given.items())
        try:
            self._psql(programs, variables + ROLES, log)
        except process.CommandFailed as failure:
            raise Stop("The database logins could not be made.", log=log) from failure

    def _psql(self, programs: Path, script: str, log: Path) -> None:
        process.run(
            [
                str(programs / "psql"), "-X", "-q", "-h", ports.LOOPBACK, "-p", str(self.port),
                "-U", "postgres", "-d", "postgres", "-f", "-",
            ],
            log=log, env=_plain_env() | {"PGPASSWORD": self.home.secrets()["postgres"]},
            cwd=Path("/"), feed=script,
        )  # fmt: skip


def remove_data(home: Home) -> None:
    """Forget the cluster, wherever it lies."""
    shelter.remove(home)
    shutil.rmtree(home.path / "pg", ignore_errors=True)


def _why_no_cluster(output: str) -> str:
    if "could not look up effective user ID" in output:
        return (
            f"PostgreSQL wants a user with a name, and {os.geteuid()} has none here: add it to "
            "/etc/passwd, or run your own PostgreSQL and set DATABASE_URL and DATABASE_ADMIN_URL."
        )
    return "The database cluster could not be made."


def _other_user() -> str | None:
    return UNPRIVILEGED if os.geteuid() == 0 else None


def _plain_env() -> dict[str, str]:
    """Without the PG… variables of whoever runs us."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _clear_stale_pid(data: Path) -> None:
    """Remove the mark of a server that was killed.

    The server itself trusts the number in it, which another program may have got since.
    """
    mark = data / "postmaster.pid"
    try:
        pid = int(mark.read_text(encoding="utf-8").split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    if process.born(pid) is None or "postgres" not in process.command_of(pid):
        mark.unlink(missing_ok=True)
