"""The addresses that ask for no permission, by face."""

PUBLIC_ADDRESSES: set[str] = {
    "console /api/v1/openapi.json",
    "member /api/v1/openapi.json",
    "unit /api/v1/openapi.json",
}
