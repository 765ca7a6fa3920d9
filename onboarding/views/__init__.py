"""Pages of the console's opening work, the operator's page and the unit's workbench."""
