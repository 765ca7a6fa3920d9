"""Verbs of the tenancy: build the template, open a schema, grant, change a unit's state."""

from . import grants, installation, schemas, template, units

__all__ = ["grants", "installation", "schemas", "template", "units"]
