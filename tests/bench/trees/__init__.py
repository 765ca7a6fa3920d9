"""The baselines of ``bench tree``: the same organisations in two packages for Django."""
