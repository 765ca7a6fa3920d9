"""A deferred act is a service function marked ``@job``; there is no ``tasks.py``.

Calling it runs it now.  ``after_commit`` sends it once the transaction has committed, with the
unit that asked carried in the message.  The worker refuses a message without a unit, enters
that unit, and leaves the connection on the shared tables (house style 8.7).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec
from uuid import UUID

from celery import Task, shared_task
from django.db import transaction

from .unit import scope_name, shared_context, unit_context

P = ParamSpec("P")
HEADER = "gongjian_scope"


class NoScope(RuntimeError):
    """A message that does not say for which unit it is; running it would be a guess."""


class _ScopedTask(Task):  # type: ignore[type-arg]  # celery-types leaves the parameters open
    """Runs the body in the scope that the message names, or not at all."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        scope = (self.request.headers or {}).get(HEADER) or self.request.get(HEADER)
        if not scope:
            raise NoScope(f"{self.name} came without {HEADER}")
        if scope == "shared":
            with shared_context():
                return super().__call__(*args, **kwargs)
        with unit_context(UUID(scope)):
            return super().__call__(*args, **kwargs)


class Job(Generic[P]):
    """See the module.  Arguments are checked by mypy in both ways of calling."""

    def __init__(self, function: Callable[P, None], queue: str) -> None:
        update_wrapper(self, function)
        self.function = function
        self.queue = queue
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.task = shared_task(
            base=_ScopedTask, name=self.name, queue=queue, acks_late=True, ignore_result=True
        )(function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self.function(*args, **kwargs)

    def after_commit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Sends the job when the transaction in progress has committed; never on rollback."""
        scope = scope_name()

        def send() -> None:
            self.task.apply_async(
                args=args, kwargs=kwargs, headers={HEADER: scope}, queue=self.queue
            )

        # A queue that is down must not fail what is already committed: every job is also found
        # by the sweep over its own rows (config.schedule).
        transaction.on_commit(send, robust=True)


def job(queue: str = "default") -> Callable[[Callable[P, None]], Job[P]]:
    """Marks a keyword-only service function as one that can run later."""

    def mark(function: Callable[P, None]) -> Job[P]:
        return Job(function, queue)

    return mark
