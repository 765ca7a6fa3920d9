"""Pausing Python's cycle collector while a roster is in memory.

Reading and storing make millions of small objects and hardly a cycle; the collector would walk
them all again and again, about a sixth of the processor time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collection inside the block; as before afterwards, also when it raises."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
