"""Every phase of money × every point of it × whom it strikes."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared_apps.payments.models import Channel
from tests.crash import phases
from tests.crash.phases import PHASES, Phase
from tests.crash.striking import Point, Victim, struck
from tests.crash.world import World


class Case(NamedTuple):
    phase: Phase
    point: Point
    victim: Victim
    channel: Channel

    def __str__(self) -> str:
        who = self.phase.role if self.victim is Victim.PROCESS else self.victim.value
        return f"{self.phase.name}, {self.point}, {who}, {self.channel}"


_CHANNELS: Final = tuple(Channel)
CASES: Final = tuple(
    Case(phase, point, victim, _CHANNELS[number % len(_CHANNELS)])
    for phase in PHASES
    for number, point in enumerate(phase.points)
    for victim in Victim
)


def outcome(world: World, case: Case) -> list[str]:
    """What is wrong after the strike and everything that follows; nothing is as it should be."""
    act = case.phase.prepare(world, case.channel)
    is_reached = struck(case.point, case.victim, world.cluster, act)
    phases.recover(world, act)
    wrong = [] if is_reached else [f"{case.point} was not reached"]
    return [
        *wrong, *world.off(world.units[0]), *phases.unfinished(world), *phases.bank_truth(world)
    ]  # fmt: skip
