"""The addresses that ask for no permission, by face."""

PUBLIC_ADDRESSES: set[str] = set()
