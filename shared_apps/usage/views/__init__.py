"""Pages of metering: figures and corrections for operators, what left a unit for the unit."""
