"""Identities, and the codes that were sent to them."""

from __future__ import annotations

import json

import pyotp

from kernel.actor import Actor
from kernel.clock import now as current
from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.delivery.models import Message
from shared_apps.people.services import affiliations, staff

PASSWORD = "向阳而生-2026-sunrise"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
DESK = Actor(ip="203.0.113.7", request_id="test-request")


def make_staff(login="ada.lin", roles=("outreach",), secret=SECRET, password=PASSWORD):
    """A console account; its second factor is in use unless ``secret`` is None."""
    return staff.enrol(
        login=login,
        display_name="林晓岚",
        password=password,
        roles=roles,
        second_factor_secret=secret,
        actor=Actor.system("test"),
        now=current(),
    )


def make_administrator(phone="13900000001", secret=SECRET, password=PASSWORD):
    """An identity with phone, password and second factor, without any role."""
    return staff.enrol_by_phone(
        phone=phone,
        password=password,
        second_factor_secret=secret,
        actor=Actor.system("test"),
        now=current(),
    )


def affiliate(unit, member_id, phone="13800000002", identity="320300199001011234"):
    affiliations.record(
        unit_id=unit.id, unit_role=unit.schema_name, rows=[(member_id, phone, identity)]
    )


def totp(at, secret=SECRET):
    """What the authenticator shows at a moment."""
    return pyotp.TOTP(secret).at(at)


def last_sms(template="code"):
    """The parameters of the newest message, as its reader would see them."""
    with shared_context():
        message = Message.objects.filter(template=template).order_by("-created_at", "-id").first()
    if message is None:
        return None
    opened = platform_cipher().open(message.parameters_sealed, column="delivery_message.parameters")
    return json.loads(opened)


def sms_code():
    return last_sms()["code"]
