"""What happens to every request before a view sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from psycopg.errors import ReadOnlySqlTransaction

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import Purpose, current_unit, enter_for, entered
from kernel.web.messages import attach
from kernel.web.unit_state import unit_moved, unit_not_serving, unit_only_read
from kernel.web.views import misdirected, unknown_host
from shared_apps.people import selectors as people
from shared_apps.people.services import sessions
from shared_apps.support.services import visits
from tenant_apps.access import selectors as access
from tenants import selectors as units
from tenants.cells import directory

_db: Any = connection
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
Next = Callable[[HttpRequest], HttpResponse]


class RequestIdentity:
    """Gives each request an id that appears in errors, logs and audit rows."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _REQUEST_ID.fullmatch(given) else uuid7().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class HostRouting:
    """Decides by the exact host which face of the product answers, and for which unit.

    A unit host puts the connection into that unit before anything else is read.  The
    connection is always left on the shared tables, whatever happened.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response
        self.faces = {
            settings.CONSOLE_HOST: "console",
            settings.MEMBER_HOST: "member",
            settings.PAY_HOST: "pay",
            settings.STATUS_HOST: "status",
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        _db.set_schema_to_public()
        request.unit, request.face = None, ""  # type: ignore[attr-defined]
        host = request.get_host().partition(":")[0].lower()
        is_ours = host in {settings.CONSOLE_HOST, "127.0.0.1", "localhost"}
        if request.path in {"/livez", "/readyz"} or (request.path == "/metrics" and is_ours):
            request.urlconf = settings.ROOT_URLCONF
            return self.get_response(request)
        try:
            face = self.faces.get(host)
            if face is not None:
                return self._serve(request, face)
            unit = units.unit_by_host(host)
            if unit is None:
                return misdirected(request) if directory.cell_of(host) else unknown_host(request)
            if unit.moved_from:
                return unit_moved(request, unit)
            if not unit.is_serving or unit.is_outdated:
                return _turned_away(request, unit)
            request.unit = unit  # type: ignore[attr-defined]
            with entered(unit):
                return self._serve(request, "unit")
        finally:
            _db.set_schema_to_public()

    def _serve(self, request: HttpRequest, face: str) -> HttpResponse:
        request.face = face  # type: ignore[attr-defined]
        request.urlconf = settings.HOST_URLCONFS[face]
        return self.get_response(request)


def _turned_away(request: HttpRequest, unit: Any) -> HttpResponse:
    """Why the unit does not answer, in the words of whoever held it up."""
    last = units.transitions_of(unit.id).first()
    return unit_not_serving(request, unit, reason=last.reason if last else "")


def view_class(view: Any) -> Any:
    """The class behind a page's or an endpoint's view function; None for a bare function."""
    return getattr(view, "view_class", getattr(view, "cls", None))


class OnlyReadGate:
    """Lets reads through to a unit that is read-only or closing and refuses writes.

    A view that stays open (``is_kept_open``: signing in and out, exports) runs with the
    database open for it; under any other the database refuses what this gate overlooked, and
    the refusal gets the same answer.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        unit = request.unit
        if unit is None or not unit.is_only_read:
            return None
        is_kept_open = getattr(view_class(view), "is_kept_open", False)
        if is_kept_open and current_unit().entered_for is not Purpose.READING:
            enter_for(Purpose.KEPT_OPEN)
            return None
        return None if request.method in _READS else unit_only_read(request, unit)

    def process_exception(self, request: Any, error: Exception) -> HttpResponse | None:
        is_refused_write = isinstance(error.__cause__, ReadOnlySqlTransaction)
        return unit_only_read(request, request.unit) if request.unit and is_refused_write else None


class SignedInActor:
    """Reads the server session and says who acts (security 7, rules 5 and 8).

    A cookie is worth something only at the face and unit it was made for.  An administrator
    holds nothing until the second factor was passed in this very session; roles are read anew
    at every request.  On the members' host the session says which unit: the connection is in
    that unit while the view runs, and on the shared tables again afterwards.

    Sets ``request.actor``, ``request.signed_in`` (the session), ``request.half_signed_in`` (one
    that waits for its second step), ``request.audience`` (where a new session would be good) and
    ``request.device`` and ``request.support`` (the visit of somebody of the platform).  A view
    that opens a session leaves it in ``request.opened_session``, one that signs out sets
    ``request.signed_out``.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.actor = self._nobody(request)
        request.signed_in = request.half_signed_in = request.opened_session = None
        request.support = None
        request.signed_out = False
        request.device = request.headers.get("User-Agent", "")
        unit_id = request.unit.id if request.unit else None
        request.audience = sessions.Audience(request.face, unit_id)
        session = self._session(request)
        if session is None:
            response = self.get_response(request)
        elif request.face == "member" and sessions.is_complete(session):
            response = self._in_the_members_unit(request, session)
        else:
            self._admit(request, session)
            response = self.get_response(request)
        self._keep_cookie(request, response)
        return response

    def _session(self, request: Any) -> sessions.Held | None:
        token = request.COOKIES.get(settings.SIGN_IN_COOKIE, "")
        if not token or request.face in {"pay", "status"}:
            return None
        session = people.session_by_digest(
            sessions.digest_of(token), audience=request.audience.name
        )
        if session is None or not sessions.is_alive(session, now=clock.now()):
            return None
        return session

    def _in_the_members_unit(self, request: Any, session: sessions.Held) -> HttpResponse:
        unit = units.unit_by_id(session.unit_id) if session.unit_id else None
        if unit is None or not unit.is_serving or unit.is_outdated:
            if unit is None or request.path.startswith("/m/sign-in/"):
                return self.get_response(request)
            return _turned_away(request, unit)
        request.unit = unit
        with entered(unit):
            self._admit(request, session)
            return self.get_response(request)

    def _admit(self, request: Any, session: sessions.Held) -> None:
        if not sessions.is_complete(session):
            request.half_signed_in = session
            return
        if session.kind == sessions.Kind.SUPPORT:
            self._let_in(request, session)
            return
        if getattr(session, "is_still_applicant", False):
            self._greet(request, session)
            return
        who = self._who(request, session)
        if who is None:
            return
        name, holdings = who
        request.signed_in = session
        request.actor = replace(
            request.actor,
            kind="person",
            name=name,
            person_id=session.person_id,
            unit_id=request.unit.id if request.unit else None,
            member_id=session.member_id,
            holdings=holdings,
            session_id=session.id,
            is_second_factor_passed=session.second_factor_at is not None,
        )
        if session.second_factor_at is not None:
            sessions.note_seen(session=session, now=clock.now())

    @staticmethod
    def _greet(request: Any, session: sessions.Held) -> None:
        """An applicant: the own case, and nothing that is a member's or an office's."""
        case_id = session.member_id
        standing = access.neighbours.applicants_of([case_id]).get(case_id) if case_id else None
        if standing is None:
            return
        request.signed_in = session
        request.actor = replace(
            request.actor,
            kind="person",
            name=standing.name,
            person_id=session.person_id,
            unit_id=request.unit.id,
            applicant_id=case_id,
            holdings=(Holding("applicant", standing.org_path),),
            session_id=session.id,
        )

    @staticmethod
    def _let_in(request: Any, session: sessions.Held) -> None:
        """A visitor of the platform: what the unit agreed to, for as long as it is in force."""
        now = clock.now()
        visit = visits.visit(
            session=session, unit_id=request.unit.id, device=request.device, now=now
        )
        if visit is None:
            return
        request.signed_in, request.support = session, visit
        request.actor = replace(
            request.actor,
            kind="support",
            name=visit.access.operator_name,
            person_id=session.person_id,
            unit_id=request.unit.id,
            holdings=(Holding("unit_admin", visit.access.scope),),
            session_id=session.id,
            is_second_factor_passed=True,
            support_id=visit.access.id,
            only=visit.permissions,
        )
        sessions.note_seen(session=session, now=now)

    def _who(self, request: Any, session: sessions.Held) -> tuple[str, tuple[Holding, ...]] | None:
        """The name and the roles that the session gives here; None when it gives nothing."""
        if request.face == "console":
            roles: list[str] = session.roles  # type: ignore[attr-defined]  # annotated
            return session.person.display_name, tuple(Holding(role) for role in roles)
        standing = self._standing(session)
        as_member = (Holding("member", standing.org_path),) if standing else ()
        if session.second_factor_at is None:
            return (standing.name, as_member) if standing else None
        office = access.office_of(session.person_id)
        name = office.name or (standing.name if standing else session.person.phone_masked)
        return name, office.holdings + as_member

    @staticmethod
    def _standing(session: sessions.Held) -> access.neighbours.Standing | None:
        if session.member_id is None or not session.is_still_member:  # type: ignore[attr-defined]
            return None
        return access.neighbours.standings_of([session.member_id]).get(session.member_id)

    @staticmethod
    def _nobody(request: Any) -> Actor:
        return Actor(ip=_address(request), request_id=getattr(request, "request_id", ""))

    @staticmethod
    def _keep_cookie(request: Any, response: HttpResponse) -> None:
        if request.opened_session is not None:
            response.set_cookie(
                settings.SIGN_IN_COOKIE,
                request.opened_session.token,
                expires=request.opened_session.expires_at,
                path="/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        elif request.signed_out:
            response.delete_cookie(settings.SIGN_IN_COOKIE, path="/", samesite="Lax")


def _address(request: HttpRequest) -> str:
    """Where the request comes from: what the outermost of our own proxies saw."""
    hops = settings.PROXY_HOPS
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    given = seen[-hops] if 0 < hops <= len(seen) else request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(given))
    except ValueError:
        return ""


class Toasts:
    """Carries the toasts that a view queued to the page that shows them."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        attach(request, response)
        return response
