"""The demo and development on one machine."""

from config.settings.base import *  # noqa: F403 - the one place that extends the base wholesale
