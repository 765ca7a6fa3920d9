"""Who stands at a door, and the way in."""

import re

from django.conf import settings

from kernel.clock import now as current
from kernel.unit import unit_context
from tenant_apps.access.services import grants
from tests.factories.people import (
    DESK,
    PASSWORD,
    make_administrator,
    totp,
)

COOKIE = settings.SIGN_IN_COOKIE
PHONE = "13900000001"


def administrator(unit, role="unit_admin", number=PHONE):
    ada = make_administrator(number)
    with unit_context(unit.id):
        grants.grant(
            person_id=ada.id,
            person_name="艾达",
            role=role,
            scope="",
            actor=DESK.system("test"),
            now=current(),
        )
    return ada


def sign_in_on_console(client):
    client.post("/sign-in/", {"login": "ada.lin", "password": PASSWORD})
    return client.post("/sign-in/code/", {"code": totp(current())})


def sign_in_at_the_desk(client):
    client.post("/sign-in/", {"phone": PHONE, "password": PASSWORD})
    return client.post("/sign-in/code/", {"code": totp(current())})


def hidden(response, name):
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def is_inside(client, address="/account/"):
    return client.get(address).status_code == 200
