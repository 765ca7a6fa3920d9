"""Which services are configured, which are embedded, and what the platform is told about them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tools.launcher import ports
from tools.launcher.environment import children_env
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home
from tools.launcher.services import objects, postgres, valkey
from tools.launcher.services.objects import ObjectStore
from tools.launcher.services.postgres import Postgres
from tools.launcher.services.valkey import Valkey
from tools.launcher.supervisor import Supervisor

WEB_PORT = 8000
INTAKE_PORT = 8090
PAYSIM_PORT = 8091
SMSSIM_PORT = 8092
EMBEDDED = {
    postgres.NAME: (("DATABASE_URL",), postgres.PREFERRED_PORT),
    valkey.NAME: (("BROKER_URL", "CACHE_URL"), valkey.PREFERRED_PORT),
    objects.NAME: (("S3_ENDPOINT",), objects.PREFERRED_PORT),
}
"""Service to the variables that replace it (all of them) and its usual port."""


class Service(Protocol):
    """An embedded server."""

    def start(self, supervisor: Supervisor) -> None: ...

    def environment(self) -> dict[str, str]: ...


@dataclass
class Stack:
    """The services of one instance and the environment that follows from them."""

    checkout: Checkout
    home: Home
    ports: dict[str, int] = field(default_factory=dict)
    durable: bool = True
    is_demo: bool = False

    def services(self) -> dict[str, Service]:
        """The embedded ones, in the order of their start."""
        made: dict[str, Service] = {}
        if postgres.NAME in self.ports:
            port = self.ports[postgres.NAME]
            made[postgres.NAME] = Postgres(self.checkout, self.home, port, self.durable)
        if valkey.NAME in self.ports:
            made[valkey.NAME] = Valkey(self.checkout, self.home, self.ports[valkey.NAME])
        if objects.NAME in self.ports:
            made[objects.NAME] = ObjectStore(self.checkout, self.home, self.ports[objects.NAME])
        return made

    def choose_ports(self, wanted: Sequence[str], *, web: int | None = None) -> None:
        """Free ports for the embedded ones among `wanted`, and for the simulators of a demo."""
        taken = {web} if web else set()
        for name in wanted:
            if name in embedded(os.environ):
                self.ports[name] = ports.next_free(EMBEDDED[name][1], taken)
        if web:
            self.ports["web"] = web
            self.ports["intake"] = ports.next_free(INTAKE_PORT, taken)
        if self.is_demo:
            self.ports["paysim"] = ports.next_free(PAYSIM_PORT, taken)
            self.ports["smssim"] = ports.next_free(SMSSIM_PORT, taken)

    def environment(self) -> dict[str, str]:
        """The contract with the platform; what the caller's environment says goes first."""
        keys = self.home.secrets()
        env = children_env(self.checkout, os.environ)
        for service in self.services().values():
            for name, value in service.environment().items():
                env.setdefault(name, value)
        if env.get("DATABASE_URL"):
            env.setdefault("DATABASE_ADMIN_URL", env["DATABASE_URL"])
        env.setdefault("SECRET_KEY", keys["secret_key"])
        env.setdefault("MASTER_KEY", keys["master_key"])
        env.setdefault("BASE_DOMAIN", "localhost")
        env["GONGJIAN_DATA"] = str(self.home.path)
        env["PORT"] = str(self.ports.get("web") or env.get("PORT") or WEB_PORT)
        env["INTAKE_PORT"] = str(self.ports.get("intake") or env.get("INTAKE_PORT") or env["PORT"])
        for name in ("paysim", "smssim"):
            if name in self.ports:
                address = f"http://{ports.LOOPBACK}:{self.ports[name]}"
                env.setdefault(f"{name.upper()}_URL", address)
        if self.is_demo:
            env["DEMO"] = "1"
        return env

    def start(self, supervisor: Supervisor) -> None:
        """Start the embedded services. Raises Stop when one does not come up."""
        self.home.make()
        for service in self.services().values():
            service.start(supervisor)


def embedded(environ: Mapping[str, str]) -> list[str]:
    """The services that nothing configured replaces.

    Raises Stop for half a configuration, which would put data where nobody looks for it.
    """
    found = []
    for name, (variables, _) in EMBEDDED.items():
        missing = [variable for variable in variables if not environ.get(variable)]
        if missing and len(missing) < len(variables):
            given = next(variable for variable in variables if variable not in missing)
            raise Stop(f"{given} is set but {missing[0]} is not; set both or neither.")
        if missing:
            found.append(name)
    return found
