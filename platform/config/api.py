"""The API's own description: one OpenAPI document per face."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.permissions import PUBLIC


@extend_schema(exclude=True)
class ApiDocument(SpectacularJSONAPIView):
    """The shape of the API is no secret; its data is."""

    permission: ClassVar = PUBLIC

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.urlconf = request._request.urlconf
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        return response
