"""How the API's own description names things."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction


class RoomNames(AutoSchema):
    """Puts the app's name before that of a shape: rooms name theirs without asking each other."""

    def get_serializer_name(self, serializer: Any, direction: Direction) -> str:
        shape = type(serializer)
        room = apps.get_containing_app_config(shape.__module__)
        return f"{room.label.title()}{shape.__name__}" if room else shape.__name__
