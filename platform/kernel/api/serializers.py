"""The base of what the API takes in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Input(serializers.Serializer[Any]):
    """Refuses fields it does not know: a misspelt one must not be taken for an empty one."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, dict) else set()
        if unknown:
            errors = {name: ["没有这个字段。"] for name in sorted(unknown)}
            raise serializers.ValidationError(errors)
        return super().to_internal_value(data)


def given(shape: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """What was sent, in its shape; raises ValidationError, which names each field."""
    checked = shape(data=data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)
