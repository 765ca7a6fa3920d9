"""No page and no endpoint without a declared permission; error codes are unique."""

from abc import abstractmethod
from enum import StrEnum
from importlib import import_module

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver

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


def name_of(value):
    """The same in every test process: no address of an object in memory."""
    return value if isinstance(value, str) else getattr(view_class(value), "__name__", "function")


@pytest.mark.parametrize(("face", "address", "view"), ALL, ids=name_of)
def test_declares_its_permission(face, address, view):
    kind = view_class(view)
    assert kind is not None, "a bare function cannot declare a permission"
    assert issubclass(kind, (Page, Endpoint, ApiDocument))
    permission = getattr(kind, "permission", None)
    assert isinstance(permission, StrEnum)
    assert permission is PUBLIC or permission.value in table(), "no policy names it"


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
