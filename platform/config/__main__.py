"""``gongjian WORD`` inside the environment; what ``manage.py`` is elsewhere."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    execute_from_command_line(["gongjian", *sys.argv[1:]])


if __name__ == "__main__":
    main()
