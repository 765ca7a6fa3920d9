"""The list of members: tree, tabs, filters, table, and the part of it that htmx fetches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property

from kernel import clock
from kernel.actor import Actor
from kernel.clock import months_later
from kernel.permissions import can
from kernel.web.views import Page
from tenant_apps.members.forms import PAGE_SIZES, ListForm
from tenant_apps.members.models import Member, party_age, whole_years
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import Cell, Column, Listing, Tab, columns_of
from tenant_apps.members.selectors.arrangement import kept_by
from tenant_apps.members.selectors.counting import EXACT_UP_TO, MOST_LEAFED
from tenant_apps.members.views.rooms import rooms
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission

_TREE_KEEPS = (
    "q", "tab", "sort", "size", "category", "gender", "ethnicity", "education", "occupation",
    "stratum", "front_line", "age", "joined_from", "joined_to", "party_age", "state", "phone",
    "posts", "mark", "sub", "sub_shown",
)  # fmt: skip
_IMPORT, _IMPORT_URL = "onboarding:exchange_import", "/exchange/imports/new/"
"""Updating by a file is a room above this one."""
_REMIND, _REMIND_URL = "dues:remind", "/dues/reminders/"
"""So are dues."""


@dataclass(frozen=True, slots=True)
class Row:
    """One member as the table shows it; ``cells`` go through all columns in their order, with what
    stands in those that were registered.
    """

    member: Member
    party_age: str
    age: int | None
    cells: Sequence[tuple[Column, Cell | None]]


class Members(Page):
    """``/members/?org=&tab=&q=…``: every state of the list is an address."""

    permission = MemberPermission.BROWSE
    template_name = "members/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today, state = clock.today(), ListForm(request.GET, actor=self.actor)
        if is_part(request):
            org = organization_of(state, self.actor)
            context = roster(request, self.actor, state, org, today)
            response = self.render(template="members/parts/roster.html", **context)
            response["HX-Push-Url"] = f"{request.path}?{context['address']}"
        else:
            around = frame(request, self.actor, state)
            context = roster(request, self.actor, state, around["org"], today)
            response = self.render(**around | context)
        patch_vary_headers(response, ["HX-Request"])
        return response


class TreeLevel(Page):
    """``/members/tree/?below=``: the organisations below one, when its level is opened."""

    permission = MemberPermission.BROWSE
    template_name = "web/parts/tree_nodes.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = organizations.organization_for(self.actor, org_id, to=OrganizationPermission.BROWSE)
        nodes = organizations.level_visible_to(self.actor, links=links(request), below=org.pk)
        return self.render(nodes=nodes)


def organization_of(state: ListForm, actor: Actor) -> Place | None:
    """The organisation that the address names; None for all that the actor sees."""
    org_id = state.value("org")
    if org_id is None:
        return None
    org = organizations.organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
    return Place(org.pk, org.path, org.short_name or org.name)


def is_part(request: HttpRequest) -> bool:
    """Whether only the list is asked for; a page restored from history is whole."""
    headers = request.headers
    return headers.get("HX-Target") == "roster" and "HX-History-Restore-Request" not in headers


def links(request: HttpRequest) -> organizations.Links:
    """Where the nodes of the tree lead: the same list of another organisation."""
    kept = address(request.GET, only=_TREE_KEEPS)
    tail = f"&{kept}" if kept else ""
    return organizations.Links(
        node=f"/members/?org={{id}}{tail}", children=f"/members/tree/{{id}}/?{kept}"
    )


@dataclass(frozen=True, slots=True)
class Place:
    """The organisation whose members are listed."""

    id: UUID
    path: str
    name: str


def frame(request: HttpRequest, actor: Actor, state: ListForm) -> dict[str, Any]:
    """What stands around the list: heading, crumbs and the tree, which knows the place."""
    selected = state.value("org")
    text = request.GET.get("org_q", "").strip()[:60]
    if text:
        org = organization_of(state, actor)
        nodes = organizations.found_in_tree(
            actor, links=links(request), text=text, selected=selected
        )
    else:
        nodes = organizations.tree_visible_to(actor, links=links(request), selected=selected)
        found = organizations.selected_in(nodes)
        org = Place(found.id, found.path, found.label) if found else None
    name = org.name if org else ""
    crumbs = [{"label": "组织与党员"}, {"label": "党员名册", "url": "/members/"}]
    return {
        "org": org,
        "title": f"{name} · 党员名册" if org else "党员名册",
        "crumbs": [*crumbs, {"label": name}] if org else crumbs,
        "as_of": clock.now(),
        "tree": nodes,
        "org_q": text,
        "tree_address": address(request.GET, only=_TREE_KEEPS),
        "can_export": can(actor, MemberPermission.EXPORT),
        "may_enter": can(actor, MemberPermission.ENTER),
        "may_import": can(actor, _IMPORT),
        "import_url": _IMPORT_URL,
        "branches": _branches_below(actor, org) if org else 0,
        "more_rooms": rooms(actor, "list")[1:],
    }


def _branches_below(actor: Actor, org: Place) -> int:
    visible = organizations.that_hold_members(organizations.organizations_visible_to(actor))
    return visible.filter(path__startswith=org.path).exclude(pk=org.id).count()


def roster(
    request: HttpRequest, actor: Actor, state: ListForm, org: Place | None, today: dt.date
) -> dict[str, Any]:
    """The list itself: tabs with counts, filters in force, one page of rows."""
    listing = state.listing(org_path=org.path if org else "")
    tabs = listing.tabs(actor, today=today)
    current = next((tab for tab in tabs if tab.key == listing.tab), tabs[0])
    saved, wanted = kept_by(actor)
    every = columns_of(actor, today=today)
    columns = wanted.of(every)
    page = _slice(listing, actor, state, current, today)
    return {
        "state": state,
        "org": org,
        "include_sub": state.include_sub,
        "views": [
            {
                "label": tab.label,
                "count": tab.count,
                "is_more": tab.is_more,
                "url": "?" + address(request.GET, drop=("page",), tab=tab.key),
                "is_current": tab.key == listing.tab,
            }
            for tab in tabs
        ],
        "chips": [
            {"label": label, "url": "?" + address(request.GET, drop=(*names, "page"))}
            for label, names in state.chips()
        ],
        "clear_url": "?" + address(request.GET, only=("org", "sub", "sub_shown", "size", "tab")),
        "columns": columns,
        **_hidden(columns, every),
        "rows": _rows(page.object_list, columns, today),
        "page_obj": page,
        "is_more": current.is_more,
        "is_partial": any(tab.count is None for tab in tabs),
        "exact_up_to": EXACT_UP_TO,
        "page_sizes": " ".join(map(str, PAGE_SIZES)),
        "sort": listing.sort,
        "address": address(request.GET),
        "bulk_actions": _bulk_actions(actor),
        "selects": state.selects(),
        "saved_lists": saved,
        "spans": _spans(request.GET, today),
        "is_narrowed": bool(state.chips()) or listing.tab != "all",
        "may_edit": can(actor, MemberPermission.EDIT),
    }


def _slice(
    listing: Listing, actor: Actor, state: ListForm, tab: Tab, today: dt.date
) -> Slice[Member]:
    """One page; the tab has counted already, so the paginator need not."""
    paginator = _Leafed(_Sliced(listing, actor, today, tab), state.size_chosen)
    paginator.is_more = tab.is_more
    return paginator.get_page(state.value("page") or 1)


class _Page(Slice):  # type: ignore[type-arg]  # not subscriptable when run
    def end_index(self) -> int:
        """The last page of a long list is not its end."""
        return self.start_index() + len(self.object_list) - 1 if self.object_list else 0


class _Leafed(Paginator):  # type: ignore[type-arg]  # nor is this
    """Knows how many there are, and goes through a long list only so far."""

    is_more = False

    @cached_property
    def num_pages(self) -> int:
        count = min(self.count, MOST_LEAFED) if self.is_more else self.count
        return max(1, -(-count // self.per_page))

    @property
    def last_shown(self) -> int:
        return min(self.count, self.num_pages * self.per_page)

    def _get_page(self, *args: Any, **kwargs: Any) -> Slice[Member]:
        return _Page(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class _Sliced(Sequence[Member]):
    """The list as a paginator reads it: how long it is, and a slice of it."""

    listing: Listing
    actor: Actor
    today: dt.date
    tab: Tab

    def __len__(self) -> int:
        return self.tab.count or 0

    def __getitem__(self, wanted: Any) -> Any:
        return self.listing.slice(
            self.actor, today=self.today, start=wanted.start, stop=wanted.stop, tab=self.tab
        )


def _rows(members: Any, columns: Sequence[Column], today: dt.date) -> list[Row]:
    shown = list(members)
    ids = [member.pk for member in shown]
    cells: list[tuple[Column, Mapping[UUID, Cell]]] = [
        (column, column.provider.cells(ids, today=today) if column.provider and ids else {})
        for column in columns
    ]
    return [
        Row(
            member=member,
            party_age=_party_age(member, today),
            age=whole_years(member.birth_on, today) if member.birth_on else None,
            cells=[(column, found.get(member.pk)) for column, found in cells],
        )
        for member in shown
    ]


def _hidden(columns: Sequence[Column], every: Sequence[Column]) -> dict[str, Any]:
    """Numbers of the columns not shown: as the person wants it, and from the start."""
    roomy = {column.number for column in columns if column.is_roomy}
    return {
        "hidden": _numbers(one for one in columns if one.is_hidden and not one.is_roomy),
        "unchecked": _numbers(one for one in columns if one.is_hidden),
        "roomy": " ".join(map(str, sorted(roomy))),
        "hidden_default": _numbers(one for one in every if one.is_hidden),
        "roomy_default": _numbers(one for one in every if one.is_roomy),
        "order_default": _numbers(every),
    }


def _numbers(columns: Iterable[Column]) -> str:
    return " ".join(str(column.number) for column in columns)


def _spans(query: QueryDict, today: dt.date) -> list[dict[str, str]]:
    """Spans of the day of joining that are often asked for: words and address."""
    spans = [("今年", dt.date(today.year, 1, 1), "")]
    spans.append(("去年", dt.date(today.year - 1, 1, 1), f"{today.year - 1}-12-31"))
    spans += [(f"近 {years} 年", months_later(today, -12 * years), "") for years in (5, 10)]
    drop = ("page", "joined_from", "joined_to")
    return [
        {
            "label": label,
            "url": "?" + address(query, drop=drop, joined_from=first.isoformat(), joined_to=last),
        }
        for label, first, last in spans
    ]


def _party_age(member: Member, today: dt.date) -> str:
    years = party_age(member.full_on, today)
    if years is None:
        return ""
    return f"党龄 {years} 年" if years else "党龄不满 1 年"


def _bulk_actions(actor: Actor) -> list[dict[str, str]]:
    wanted: list[tuple[str, str, str, str]] = [
        (MemberPermission.MOVE, "转接组织关系", "arrows-exchange", "/members/move/"),
        (_REMIND, "提醒交纳", "send", _REMIND_URL),
        (MemberPermission.EXPORT, "导出所选", "download", "/members/export/"),
    ]
    return [
        {"label": label, "icon": icon, "url": url}
        for permission, label, icon, url in wanted
        if can(actor, permission)
    ]


def address(
    query: QueryDict, *, drop: Sequence[str] = (), only: Sequence[str] = (), **changed: str
) -> str:
    """The query string with some names dropped (or only some kept) and others changed."""
    copy = query.copy()
    for name in list(copy):
        if name in drop or name in changed or (only and name not in only) or not copy[name]:
            del copy[name]
    for name, value in changed.items():
        copy[name] = value
    return copy.urlencode()
