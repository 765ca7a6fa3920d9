"""A deferred act is a service function marked ``@job``; there is no ``tasks.py``.

Calling it runs it now.  ``after_commit`` sends it once the transaction has committed, with the
unit that asked carried in the message.  The worker refuses a message without a unit, enters
that unit, and leaves the connection on the shared tables (house style 8.7).

The context of a job fails closed: an unknown or closed unit, one whose schema is not there, and
a body that would leave the connection elsewhere are errors with a name, never a guess.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, Self

from celery import Task, shared_task
from django.conf import settings
from django.db import connection, transaction
from django_tenants.utils import get_public_schema_name, get_tenant_model

from .unit import Purpose, entered, leave_unit, scope_name, shared_context

_db: Any = connection
P = ParamSpec("P")
HEADER = "gongjian_scope"
_jobs: dict[str, Job[Any]] = {}
SHARED = "shared"


class NoScope(RuntimeError):
    """A message that does not say for which unit it is; running it would be a guess."""


class UnknownScope(RuntimeError):
    """The unit that a message names is not in the directory."""


class NoSchema(RuntimeError):
    """The unit is in the directory but has no schema to work in."""


class LeftElsewhere(RuntimeError):
    """A job began or ended with the connection in another scope than its own."""


@dataclass(frozen=True, slots=True)
class Running:
    """The job in hand: its name, the unit's id or ``shared``, and the id of its message or row."""

    name: str
    scope: str
    id: str


Watcher = Callable[[Running, float, Exception | None], None]
_running: ContextVar[Running | None] = ContextVar("running", default=None)
_watchers: list[Watcher] = []


def running() -> Running | None:
    """The job in hand, for whoever writes a line about it."""
    return _running.get()


def watch(watcher: Watcher) -> None:
    """Has ``watcher`` told of every job that ends: seconds, and the error if there was one."""
    if watcher not in _watchers:
        _watchers.append(watcher)


@contextmanager
def watched(name: str, scope: str, *, id: str = "") -> Iterator[None]:  # noqa: A002 - it is one
    """Around a job, outside its context: who watches is told when the scope has been left."""
    token = _running.set(this := Running(name, scope, id))
    began = time.monotonic()
    error: Exception | None = None
    try:
        yield
    except Exception as problem:
        error = problem
        raise
    finally:
        for tell in _watchers:
            tell(this, time.monotonic() - began, error)
        _running.reset(token)


@contextmanager
def job_context(scope: str, *, purpose: Purpose = Purpose.WORK) -> Iterator[None]:
    """The scope of a job, ``shared`` or a unit's id, checked at the database before and after.

    Raises UnknownScope, NoSchema, LeftElsewhere, and UnitNotServing where the unit's state does
    not allow the purpose: work waits while a unit is suspended, what was paid is booked.
    """
    with shared_context():
        if scope == SHARED:
            with _guarded(SHARED, settings.SHARED_DATABASE_ROLE, get_public_schema_name()):
                yield
            return
        unit = get_tenant_model().objects.filter(pk=scope).first()
        if unit is None:
            raise UnknownScope(f"there is no unit {scope}")
        if not unit.schema_version:
            raise NoSchema(f"unit {scope} has no schema yet")
        with entered(unit, for_=purpose), _guarded(scope, unit.schema_name, unit.schema_name):
            yield


@contextmanager
def _guarded(scope: str, role: str, schema: str) -> Iterator[None]:
    """Checks where the connection is, around a block that does not raise."""
    if _place() != (scope, role, schema):
        raise NoSchema(f"the schema of unit {scope} is not in the database")
    yield
    if (found := _place()) != (scope, role, schema):
        _db.send_scope_again()
        raise LeftElsewhere(f"the job of {scope} left the connection in {found}")


def _place() -> tuple[str, str, str | None]:
    """The scope that Python believes in, and the role and schema that the database does."""
    with _db.cursor() as cursor:
        cursor.execute("SELECT current_user::text, current_schema()::text")
        role, schema = cursor.fetchone()
    return scope_name(), role, schema


class _ScopedTask(Task):  # type: ignore[type-arg]  # celery-types leaves the parameters open
    """Runs the body in the scope that the message names, or not at all."""

    purpose = Purpose.WORK

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        scope = (self.request.headers or {}).get(HEADER) or self.request.get(HEADER)
        if not scope:
            raise NoScope(f"{self.name} came without {HEADER}")
        if not self.request.is_eager and scope_name() != SHARED:
            leave_unit()
            raise LeftElsewhere(f"the worker was still in another scope when {self.name} came")
        with (
            watched(self.name, scope, id=self.request.id or ""),
            job_context(scope, purpose=self.purpose),
        ):
            return super().__call__(*args, **kwargs)


class Job(Generic[P]):
    """See the module.  Arguments are checked by mypy in both ways of calling."""

    def __init__(self, function: Callable[P, None], queue: str, purpose: Purpose) -> None:
        update_wrapper(self, function)
        self.function = function
        self.queue = queue
        self.expires: float | None = None
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.purpose = purpose
        self.task = shared_task(
            base=_ScopedTask,
            name=self.name,
            queue=queue,
            purpose=purpose,
            acks_late=True,
            ignore_result=True,
        )(function)
        _jobs[self.name] = self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        self.function(*args, **kwargs)

    def via(self, queue: str, *, expires: float) -> Self:
        """The same job for another queue, worth nothing after ``expires`` seconds of waiting."""
        other = copy.copy(self)
        other.queue, other.expires = queue, expires
        return other

    def after_commit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Sends the job when the transaction in progress has committed; never on rollback."""
        scope = scope_name()
        lasting: dict[str, Any] = {"expires": self.expires} if self.expires else {}

        def send() -> None:
            self.task.apply_async(
                args=args,
                kwargs=kwargs,
                headers={HEADER: scope},
                queue=self.queue,
                **lasting,
            )

        # A queue that is down must not fail what is already committed: every job is also found
        # by the sweep over its own rows (config.schedule).
        transaction.on_commit(send, robust=True)


def job_named(name: str) -> Job[Any]:
    """Raises KeyError for what is no job, or one whose module was not loaded."""
    return _jobs[name]


def job(
    queue: str = "default", *, for_: Purpose = Purpose.WORK
) -> Callable[[Callable[P, None]], Job[P]]:
    """Marks a keyword-only service function as one that can run later.

    ``for_`` says what a unit is entered for when the job was sent from within one.
    """

    def mark(function: Callable[P, None]) -> Job[P]:
        return Job(function, queue, for_)

    return mark
