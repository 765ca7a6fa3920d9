"""Text messages to the person of a case: once each, and nothing of what was decided in them."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from kernel.crypto import platform_cipher
from kernel.unit import shared_context, unit_context
from shared_apps.delivery.models import Message
from shared_apps.delivery.services.templates import text_of
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.services import notes, opening, texting
from tenant_apps.audit import selectors as audit
from tests import cast
from tests.conftest import FacingClient
from tests.tenant_apps.admissions.walking import (
    LATE,
    TIMES,
    TODAY,
    applicant,
    day,
    do,
    opened,
    walk,
)

PHONE = "13900007777"


def sent():
    """Unit, phone and text of every message so far."""
    with shared_context():
        cipher = platform_cipher()
        found = []
        for one in Message.objects.filter(purpose="admission").order_by("created_at", "id"):
            said = cipher.open(one.parameters_sealed, column="delivery_message.parameters")
            found.append((one.unit_id, one.phone_masked, text_of(one.template, json.loads(said))))
        return found


def fresh(world, **fields):
    return opened(world, applied=TODAY.isoformat(), **{"phone": PHONE, **fields})


def test_the_receipt_of_an_application_of_these_days(world, alpha):
    case = fresh(world)
    ((unit_id, phone, text),) = sent()
    assert (unit_id, phone) == (alpha.id, "139****7777")
    assert text == (
        f"【共建云】苏晓梅同志，{alpha.name}已收到您的入党申请书。"
        "用本手机号登录共建云，可查看办理进度。"
    )
    assert Case.objects.get(pk=case.pk).texted == {"received": TODAY.isoformat()}
    event = next(one for one in audit.events_about(case.pk) if one.code == "admission.texted")
    assert (event.data, PHONE in str(event.data)) == ({"message": "received"}, False)
    fresh(world, name="周正", phone="")
    opened(world, applied=(TODAY - dt.timedelta(days=32)).isoformat(), name="吴桐")
    assert len(sent()) == 1, "nobody without a phone, nobody who applied long ago"


def test_an_invitation_once_for_each_phone(world):
    case = opened(world, phone=PHONE)
    texting.invite(case=case, actor=world.secretary, now=LATE)
    assert "请您用本手机号登录共建云" in sent()[0][2]
    with pytest.raises(texting.NobodyToInvite, match="已于 2029-06-30 发送过"):
        texting.invite(case=case, actor=world.secretary, now=LATE)
    given = applicant(identity="", phone="13900008888")
    opening.correct(case=case, applicant=given, actor=world.secretary, **TIMES)
    texting.invite(case=case, actor=world.secretary, now=LATE)
    assert [phone for _, phone, _ in sent()] == ["139****7777", "139****8888"]
    with pytest.raises(texting.NobodyToInvite, match="没有登记手机号码"):
        texting.invite(case=opened(world, phone=""), actor=world.secretary, now=LATE)


def test_a_notice_and_a_result_say_only_that_there_is_something_to_read(world, beta):
    case = walk(world, opened(world, phone=PHONE, layout="29"), "approval_result")
    with pytest.raises(texting.NobodyToInvite, match="已是党员"):
        texting.invite(case=case, actor=world.secretary, now=LATE)
    secret = "周五下午召开支部大会，讨论您的问题"
    given = {"case": case, "by": "林致远", "text": secret, "actor": world.secretary}
    _, first = notes.notify(on=day("2026-10-21"), **given, **TIMES)
    _, second = notes.notify(on=day("2026-10-21"), **given, **TIMES)
    later = {"today": TODAY, "now": LATE + dt.timedelta(days=1)}
    _, third = notes.notify(on=day("2026-10-21"), **given, **later)
    assert (first, second, third) == (True, False, True)
    do(world, case, "approval_result")
    texts = [text for _, _, text in sent()]
    assert len(texts) == 3
    assert all(text.endswith("给您发来一条通知，请登录共建云查看。") for text in texts)
    assert not any(secret in text for text in texts)
    texting.result(Case.objects.get(pk=case.pk), "approval_result", actor=world.secretary, now=LATE)
    assert len(sent()) == 3, "once"
    with unit_context(beta.id):
        assert not Case.objects.exists()


def test_at_the_desk_and_by_api_by_right(alpha, world):
    case = opened(world, phone=PHONE)
    path = world.tree.l1.path
    desk = cast.officer(FacingClient(), alpha, role="secretary", scope=path)
    page = f"/admissions/{case.pk}/"
    assert "短信邀请本人登录" in desk.get(page).content.decode()
    other = cast.officer(FacingClient(), alpha, role="secretary", scope=world.tree.l2.path)
    assert other.post(f"{page}invite/").status_code == 404
    assert other.post(f"/api/v1{page}invite/").status_code == 404
    treasurer = cast.officer(FacingClient(), alpha, role="treasurer")
    assert treasurer.post(f"{page}invite/").status_code == 403
    assert sent() == []
    assert desk.post(f"{page}invite/").status_code == 302
    assert desk.post(f"/api/v1{page}invite/").status_code == 409
    assert "短信邀请本人登录" not in desk.get(page).content.decode()
    given = {"on": "2025-02-01", "by": "林致远", "text": "请参加党课", "by_text": "on"}
    assert desk.post(f"{page}notes/NOTICE/", given).status_code == 302
    body = {"kind": "NOTICE", "on": "2025-02-01", "text": "请参加党课", "by_text": True}
    api = desk.post(f"/api/v1{page}notes/", body, content_type="application/json")
    assert (api.status_code, len(sent())) == (201, 2)
