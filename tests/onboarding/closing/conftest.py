"""A unit of its own that is really written, furnished, asked to close and confirmed."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, connections

from kernel.clock import now
from kernel.crypto import platform_cipher, sign, unit_cipher
from kernel.storage import unit_files
from kernel.unit import unit_context
from onboarding.models import Closing
from onboarding.services import closing
from shared_apps.payments.models import ChannelConfig
from shared_apps.people.models import Affiliation
from tenants.models import Transition, Unit, UnitState
from tenants.services import schemas
from tests.database import open_unit
from tests.factories.dues import make_member
from tests.tenants.life import operator

S = UnitState
WHY = "单位合并，党组织关系已整体转出"
DAY = dt.timedelta(days=1)
CODE = "91320303MA20GAMM0X"


@pytest.fixture
def gamma(really_written, django_db_setup, django_db_blocker):
    """A unit of its own, really written, and taken away again whatever became of it."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        unit = open_unit("gamma", name="临河木器厂", credit_code=CODE)
        try:
            yield unit
        finally:
            connection.set_schema_to_public()
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "TRUNCATE payments_channelevent, payments_orderitem, payments_order,"
                    " payments_channelconfig, usage_outbox, people_affiliation CASCADE"
                )
            for gone in Unit.objects.using("owner").filter(credit_code=CODE):
                Closing.objects.using("owner").filter(unit=gone).delete()
                Transition.objects.using("owner").filter(unit=gone).delete()
                schemas.discard(unit=gone)
                Unit.objects.using("owner").filter(pk=gone.pk).delete()
            for alias in connections:
                connections[alias].close()


def ask(unit, *, actor=None, **changes):
    given = {"reason": WHY, "typed": unit.name, "now": now(), **changes}
    return closing.request(unit=unit, actor=actor or operator("顾明"), **given)


def confirmed(unit, **changes):
    held = ask(unit)
    given = {"typed": unit.name, "actor": operator("沈岚", "system_admin"), "now": now(), **changes}
    return closing.confirm(closing_id=held.pk, **given)


def furnish(unit):
    """Rows, a sealed value, a file, an archive, shared rows, a payment account; what was sealed."""
    with unit_context(unit.pk):
        member = make_member(name="裴然")
        sealed = unit_cipher().seal("110101199001011234", column="members.identity")
        token = sign({"member": str(member.pk)}, purpose="invitation", now=now())
        key = unit_files().save("名册.xlsx", b"rows")
    default_storage.save(f"archives/{unit.pk}/1.gja", ContentFile(b"archive"))
    Affiliation.objects.create(
        unit_id=unit.pk, unit_role=unit.schema_name, member_id=member.pk,
        identity_index=platform_cipher().index("x", purpose="identity"),
    )  # fmt: skip
    ChannelConfig.objects.create(
        unit_id=unit.pk, unit_role=unit.schema_name, channel="wechat", mchid="1", appid="1",
        merchant_serial="1", platform_key_id="1", platform_public_key="", base_url="",
        secrets_sealed=b"secret", created_at=now(),
    )  # fmt: skip
    return sealed, token, key
