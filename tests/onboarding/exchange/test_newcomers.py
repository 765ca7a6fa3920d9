"""People whom a roster brings: by the typed event, with their dues, many at once."""

from __future__ import annotations

from kernel.clock import now
from shared_apps.people.models import Affiliation
from tenant_apps.audit.models import Event
from tenant_apps.dues.models import Standard
from tenant_apps.members.models import Change, Member, UpdateRow
from tenant_apps.members.services import applying, updates
from tests.onboarding.exchange import sheets
from tests.onboarding.exchange.sheets import applied, compared, somebody, undone


def roster(tree, *people: tuple[str, str, str]) -> bytes:
    """Name, number and dues base of each."""
    head = "姓名,身份证号码,所在支部,手机号,党费基数\n"
    lines = (
        f"{name},{number},{tree.l1.name},1391111{at:04d},{base}\n"
        for at, (name, number, base) in enumerate(people)
    )
    return (head + "".join(lines)).encode()


def test_the_roster_fixes_what_newcomers_pay(tree, ada):
    member = somebody(tree.l1)
    number = sheets.identity()
    found = compared(
        ada, roster(tree, ("林晓", number, "6000"), ("曾国强", member.number, "9000")),
        what="ROSTER",
    )  # fmt: skip
    row = UpdateRow.objects.get(update_of=found, kind="NEW")
    assert "6,000.00" in row.fields["dues"][1]
    applied(found, ada)
    made = Member.objects.get(name="林晓")
    standard = Standard.objects.get()
    assert (standard.member_id, standard.base_fen) == (made.pk, 600_000)


def test_many_enter_as_one_would_and_can_be_taken_out(alpha, tree, ada):
    people = [(f"林晓{n}", sheets.identity(), "") for n in "甲乙丙"]
    found = applied(compared(ada, roster(tree, *people), what="ROSTER"), ada)
    made = Member.objects.filter(is_active=True)
    assert made.count() == 3
    changes = Change.objects.filter(member__in=made)
    assert {(one.kind, one.org_id, str(one.data)) for one in changes} == {
        ("SUPPLEMENTED", tree.l1.pk, "{'before': {}}")
    }
    assert Event.objects.filter(code="member.entered").count() == 3
    assert Affiliation.objects.filter(member_id__in=made.values("pk")).count() == 3
    undone(found, ada)
    assert not Member.objects.filter(is_active=True).exists()
    assert Change.objects.filter(undone_at=None).count() == 0
    assert not Affiliation.objects.exists()


def test_who_was_here_before_gets_the_old_file_back(tree, ada):
    number = sheets.identity()
    found = applied(compared(ada, roster(tree, ("林晓", number, "")), what="ROSTER"), ada)
    undone(found, ada)
    old = Member.objects.get()
    again = compared(ada, roster(tree, ("林晓", number, "")), what="ROSTER")
    assert "恢复原档案" in UpdateRow.objects.get(update_of=again).note
    applied(again, ada)
    old.refresh_from_db()
    assert old.is_active
    assert Member.objects.count() == 1


def test_who_registered_meanwhile_is_refused_alone(tree, ada):
    numbers = [sheets.identity(), sheets.identity()]
    found = compared(
        ada, roster(tree, ("林晓", numbers[0], ""), ("乌兰", numbers[1], "")), what="ROSTER"
    )
    updates.decide(update=found, accept=True, row_ids=[], kind="", actor=ada)
    updates.confirm(update=found, actor=ada, now=now())
    somebody(tree.r1, "林晓", identity_number=numbers[0])
    applying.apply(update_id=found.pk)
    outcomes = dict(UpdateRow.objects.filter(kind="NEW").values_list("name", "outcome"))
    assert outcomes == {"林晓": "FAILED", "乌兰": "APPLIED"}
    assert Member.objects.filter(name="林晓").count() == 1
