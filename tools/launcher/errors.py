"""How the launcher gives up: one sentence, and where the rest can be read."""

from pathlib import Path


class Stop(Exception):
    """Ends the launcher with one sentence that says what is wrong and what to do."""

    def __init__(self, sentence: str, *, log: Path | None = None, code: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.log = log
        self.code = code

    def __str__(self) -> str:
        return f"{self.sentence} Full log: {self.log}" if self.log else self.sentence


class Interrupted(Exception):
    """SIGINT or SIGTERM arrived; everything that was started is stopped on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.code = 128 + number
