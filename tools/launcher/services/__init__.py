"""The embedded services: real servers from PyPI wheels, on loopback, one module each."""
