"""What the person at the terminal sees: progress on stderr, results on stdout."""

import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Progress:
    """Short lines with the seconds since the start, and how long each step took."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.steps: list[tuple[str, float]] = []

    def say(self, text: str) -> None:
        elapsed = time.monotonic() - self.began
        print(f"[{elapsed:6.1f} s] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, name: str, text: str) -> Iterator[None]:
        """Announce `text`; file the seconds the block took under `name`."""
        self.say(text)
        start = time.monotonic()
        yield
        self.steps.append((name, time.monotonic() - start))

    def timings(self) -> dict[str, float]:
        """Seconds per step, and `total` since the start."""
        seconds = {name: round(value, 1) for name, value in self.steps}
        return seconds | {"total": round(time.monotonic() - self.began, 1)}


def timings_line(seconds: dict[str, float]) -> str:
    """`timings: environment 27.1 s · assets 30.2 s · total 61.0 s`."""
    return "timings: " + " · ".join(f"{name} {value:.1f} s" for name, value in seconds.items())


def width(text: str) -> int:
    """Columns on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def framed(title: str, lines: Sequence[str]) -> str:
    """The lines in a box, with the title in its upper edge."""
    inner = max(width(line) for line in [*lines, title + "  "])
    top = f"╭─ {title} " + "─" * (inner - width(title) - 1) + "╮"
    body = [f"│ {line}{' ' * (inner - width(line))} │" for line in lines]
    return "\n".join([top, *body, "╰" + "─" * (inner + 2) + "╯"])
