"""The two furnished units, made once for the folder and rolled back after it."""

from kernel.unit import shared_context
from tenants.models import Unit
from tests.isolation import world as worlds
from tests.scenes import scene


def furnished():
    """Every probe has a savepoint of its own, and what it wrote is undone."""
    with shared_context():
        made = worlds.build(*(Unit.objects.get(label=label) for label in ("alpha", "beta")))
    with worlds.listening(made):
        yield made


world = scene(furnished, is_copied=False)
