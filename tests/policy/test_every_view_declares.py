"""No page and no endpoint without a declared permission; error codes are unique."""

from abc import abstractmethod
from enum import StrEnum
from importlib import import_module

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver
from django.views import View

from config.api import ApiDocument
from kernel.api.views import Endpoint
from kernel.errors import DomainError
from kernel.permissions import PUBLIC, table
from kernel.web.views import Page

PUBLIC_ADDRESSES = import_module("tests.policy.public_addresses").PUBLIC_ADDRESSES


def patterns(urlconf):
    def walk(entries, prefix):
        for entry in entries:
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, prefix + str(entry.pattern))
            elif isinstance(entry, URLPattern):
                yield prefix + str(entry.pattern), entry.callback

    return list(walk(import_module(urlconf).urlpatterns, "/"))


ALL = [
    (face, address, view)
    for face, urlconf in settings.HOST_URLCONFS.items()
    for address, view in patterns(urlconf)
]


def view_class(view):
    return getattr(view, "view_class", None) or getattr(view, "cls", None)


def wrong_with(view):
    """Why the view is refused; nothing where it declares its permission as it should."""
    kind = view_class(view)
    if kind is None:
        return "a bare function cannot declare a permission"
    if not issubclass(kind, (Page, Endpoint, ApiDocument)):
        return "neither a page nor an endpoint"
    permission = getattr(kind, "permission", None)
    if not isinstance(permission, StrEnum):
        return "declares no permission"
    if permission is not PUBLIC and permission.value not in table():
        return "no policy names it"
    return ""


def test_every_view_declares_its_permission():
    assert len(ALL) > 100
    found = {f"{face} {address}": wrong_with(view) for face, address, view in ALL}
    assert {where: why for where, why in found.items() if why} == {}


def test_what_a_view_lacks_is_named():
    assert wrong_with(lambda request: None).startswith("a bare function")
    assert wrong_with(View.as_view()).startswith("neither")
    for made_up, why in ((None, "declares no"), (Unknown.MADE_UP, "no policy")):
        lacking = type("Lacking", (Page,), {"permission": PUBLIC, "get": lambda self: None})
        lacking.permission = made_up
        assert wrong_with(lacking.as_view()).startswith(why)


class Unknown(StrEnum):
    MADE_UP = "nobody:knows"


def test_what_is_open_to_everybody_is_this_and_no_more():
    """Reviewed by hand: a new line here opens a door."""
    open_doors = {
        f"{face} {address}"
        for face, address, view in ALL
        if getattr(view_class(view), "permission", None) is PUBLIC
    }
    assert open_doors == PUBLIC_ADDRESSES


def test_a_page_without_a_permission_does_not_start():
    with pytest.raises(TypeError, match="declares no permission"):
        type("Forgotten", (Page,), {})
    with pytest.raises(TypeError, match="declares no permission"):
        type("Forgotten", (Endpoint,), {})


@pytest.mark.parametrize("base", [Page, Endpoint])
def test_a_view_that_leaves_its_one_call_open_does_not_start(base):
    class Act(base, abstract=True):
        permission = PUBLIC

        @abstractmethod
        def act(self):
            """The one call."""

    with pytest.raises(TypeError, match="leaves act open"):
        type("Half", (Act,), {})
    assert type("Whole", (Act,), {"act": lambda self: None})


def test_error_codes_are_unique():
    def below(kind):
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    codes = {}
    for kind in set(below(DomainError)):
        codes.setdefault(kind.__dict__.get("code"), []).append(kind.__qualname__)
    codes.pop(None, None)
    assert {code: names for code, names in codes.items() if len(names) > 1} == {}
