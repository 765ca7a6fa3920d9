"""The collection report: every dimension adds up to the books, and every figure to its lines."""

import datetime as dt
from types import SimpleNamespace

import pytest

from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import shared_context, unit_context
from tenant_apps.dues.models import Bill, Transfer
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.collected import By
from tenant_apps.dues.services import billing, ledger
from tenant_apps.treasury.models import Day
from tenant_apps.treasury.selectors import collection
from tenant_apps.treasury.selectors.places import PlaceNotFound
from tenant_apps.treasury.services.folding import fold
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_organization, make_standard
from tests.factories.organizations import somebody
from tests.factories.reconciliation import make_config, reconcile
from tests.scenes import scene
from tests.shared_apps.payments.channels import bill_files as files
from tests.tenant_apps.treasury.conftest import DAY, NOON

WECHAT = f"1011:wechat:{files.MCHID}"
THIS, LAST = Month.of(DAY), Month.of(DAY) - 1


def _pay(bill: Bill, held_in: str) -> None:
    Bill.objects.filter(pk=bill.pk).update(paid_fen=bill.due_fen, paid_at=NOON, state="PAID")
    bill.refresh_from_db()
    ledger.collect(paid=[ledger.Collected(bill, held_in, NOON)])


def _give_back(bill: Bill) -> None:
    Transfer.objects.create(
        at=NOON, debit=chart.MEMBERS_DUES, credit=chart.REFUNDS, amount_fen=bill.paid_fen,
        effect=f"return:test:{bill.pk.hex}", bill=bill, org_path=bill.org_path, memo="退回党费",
    )  # fmt: skip


def _collected():
    """Cleo pays two months by WeChat, one is given back; Dora, retired, pays one in cash."""
    make_organization("000100010002")
    cleo, dora = make_member("000100010001", "克莱"), make_member("000100010002", "朵拉")
    make_standard(cleo, year=THIS.year)
    make_standard(dora, 400_000, "RETIRED", year=THIS.year)
    if LAST.year != THIS.year:
        make_standard(cleo, year=LAST.year)
    for month in (LAST, THIS):
        billing.issue_month(month=month, actor=Actor.system("tests"), now=NOON)
    first, second = Bill.objects.filter(member=cleo).order_by("month")
    _pay(first, WECHAT)
    _pay(second, WECHAT)
    _give_back(first)
    _pay(Bill.objects.get(member=dora, month=THIS.value), chart.COUNTER)
    return SimpleNamespace(
        ann=somebody(("treasurer", ""), name="会计安"),
        bob=somebody(("treasurer", "000100010002"), name="会计鲍"),
        cleo=cleo,
    )


collected = scene(_collected)


def report(actor, by=By.ORG, **more):
    return collection.collection(actor, by=by, first=DAY, last=DAY, **more)


def figures(found):
    return {
        row.label: (row.figure.payments, row.figure.received_fen, row.figure.returned_fen)
        for row in found.rows
    }


class TestReport:
    @pytest.mark.parametrize("by", list(By))
    def test_adds_up_to_the_books_and_to_its_lines(self, collected, by):
        found = report(collected.ann, by)
        assert (found.received_fen, found.returned_fen) == (12_900 * 2 + 2_000, 12_900)
        assert (found.books.theirs_fen, found.books.off_fen) == (found.net_fen, 0)
        for row in found.rows:
            lines = collection.lines_behind(
                collected.ann, by=by, key=row.figure.key, first=DAY, last=DAY
            )
            assert sum(line.fen for line in lines.every()) == row.figure.net_fen
            assert lines.count() == len(lines[0:50])

    def test_tells_apart_by_each_dimension(self, collected):
        ann = collected.ann
        cash, paid = (1, 2_000, 0), (2, 25_800, 12_900)
        assert figures(report(ann, By.CHANNEL)) == {"微信支付": paid, "现金": cash}
        assert figures(report(ann, By.MONTH)) == {
            LAST.label: (1, 12_900, 12_900),
            THIS.label: (2, 14_900, 0),
        }
        assert list(figures(report(ann, By.CATEGORY)).values()) == [cash, paid]
        assert sorted(figures(report(ann, By.ORG, below="00010001")).values()) == [cash, paid]
        assert figures(report(ann, By.KIND)) == {"党员交纳": (3, 27_800, 12_900)}

    def test_a_figure_that_differs_from_the_books_is_said(self, collected):
        fold(now=NOON + dt.timedelta(days=2))
        assert report(collected.ann).books.off_fen == 0
        day = Day.objects.get(account=chart.MEMBERS_DUES)
        Day.objects.filter(pk=day.pk).update(credit_fen=day.credit_fen - 1)
        assert report(collected.ann).books.off_fen == 1

    def test_a_part_of_the_tree_sees_its_part(self, collected):
        found = report(collected.bob)
        assert (found.net_fen, found.books.off_fen, found.channels) == (2_000, 0, ())
        with pytest.raises(PlaceNotFound):
            report(collected.bob, below="000100010001")
        key = report(collected.ann, By.CATEGORY).rows[1].figure.key
        asked = {"by": By.CATEGORY, "key": key, "first": DAY, "last": DAY}
        assert collection.lines_behind(collected.bob, **asked).count() == 0

    def test_what_was_placed_or_not_given_back_after_all_keeps_its_channel(self, collected):
        bill = Bill.objects.get(member=collected.cleo, month=LAST.value)
        Transfer.objects.create(
            at=NOON, debit=chart.REFUNDS, credit=chart.MEMBERS_DUES, amount_fen=bill.paid_fen,
            effect=f"return-undone:test:{bill.pk.hex}", bill=bill, org_path=bill.org_path,
        )  # fmt: skip
        found = report(collected.ann, By.CHANNEL)
        assert figures(found)["微信支付"] == (2, 25_800, 0)
        assert found.books.off_fen == 0

    def test_the_channel_s_bill_is_compared_where_it_is_there(self, collected, alpha):
        (tie,) = report(collected.ann).channels
        assert (tie.ours_fen, tie.theirs_fen, tie.waiting_fen) == (0, 0, 25_800)
        with shared_context():
            reconcile(make_config(alpha), [files.payment(1)], day=DAY, now=NOON)
        (tie,) = report(collected.ann).channels
        assert (tie.ours_fen, tie.theirs_fen, tie.off_fen) == (25_800, 12_900, 12_900)


class TestOverHttp:
    def test_page_lines_workbook_and_api(self, collected, alpha, beta):
        ann = cast.officer(FacingClient(), alpha, role="treasurer", name="ann")
        page = ann.get("/treasury/collection/", {"by": "channel"}).content.decode()
        assert "与账簿一致" in page
        assert "微信支付" in page
        lines = ann.get("/treasury/collection/lines/", {"by": "channel", "key": "1002"})
        assert "朵拉" in lines.content.decode()
        for address in ("", "lines/"):
            sheet = ann.get(f"/treasury/collection/{address}", {"export": "xlsx", "by": "kind"})
            assert sheet.content[:2] == b"PK"
        told = ann.get("/api/v1/treasury/collection/", {"by": "month"}).json()
        assert (told["net_fen"], told["books"]["off_fen"]) == (14_900, 0)
        odd = {"by": "month", "key": "20261x"}
        assert ann.get("/treasury/collection/lines/", odd).status_code == 200
        eve = cast.officer(FacingClient(), beta, role="treasurer", name="eve")
        assert "没有收缴" in eve.get("/treasury/collection/").content.decode()

    def test_a_member_is_not_let_in(self, collected, alpha):
        phone = cast.member(FacingClient(), alpha, collected.cleo.pk)
        assert phone.get("/treasury/collection/").status_code in {302, 403, 404}
        with unit_context(alpha.id):
            assert Transfer.objects.exists()
