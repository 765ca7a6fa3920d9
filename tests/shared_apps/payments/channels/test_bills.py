"""Bills of both channels: what is read, and that nothing is read from what is not whole."""

from __future__ import annotations

import datetime as dt
import decimal
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_apps.payments.channels import bills
from shared_apps.payments.channels.alipay_bills import AlipayTradeBill
from shared_apps.payments.channels.bills import Amounts, BillUnreadable, Unfit
from shared_apps.payments.channels.wechat_bills import WeChatFundBill, WeChatTradeBill
from tests.shared_apps.payments.channels import bill_files as files

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
TWO = [files.payment(1), files.refund(2, 300)]
FUND = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),备注\n"
    "`2026-11-21 00:00:00,`W1,`PO1,`提现,`提现,`支出,`10.00,`0.00,`\n"
    "`2026-11-21 09:30:00,`W2,`F2,`交易,`交易,`收入,`129.00,`129.00,`\n"
    "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额\n"
    "`2.0,`1.0,`129.00,`1.0,`10.00\n"
)


def read(content):
    return list(WeChatTradeBill(content, mchid=files.MCHID).lines())


def read_alipay(content):
    return list(AlipayTradeBill(content, mchid=files.SELLER).lines())


def codes(content, reader=read):
    with pytest.raises(BillUnreadable) as refused:
        reader(content)
    return refused.value.code, refused.value.message


class TestWeChat:
    def test_reads_payments_and_refunds_with_their_totals(self):
        bill = WeChatTradeBill(files.wechat(TWO), mchid=files.MCHID)
        paid, back = bill.lines()
        assert bill.totals == bills.Totals(2, 12_900, 300, 0)
        assert (paid.number, paid.kind, paid.amount_fen) == (2, "payment", 12_900)
        assert (paid.out_trade_no, paid.refund_no) == ("GJ00000000000001", "")
        assert paid.at == dt.datetime(2026, 11, 21, 1, 30, tzinfo=dt.UTC)
        assert (back.kind, back.refund_no, back.amount_fen) == ("refund", "GR00000000000002", 300)

    def test_columns_are_found_by_their_names(self):
        shuffled = random.Random(7).sample(files.WECHAT, len(files.WECHAT))
        assert read(files.wechat(TWO, columns=shuffled)) == read(files.wechat(TWO))

    def test_a_mark_before_the_text_and_plain_line_ends_are_taken(self):
        assert read(files.wechat(TWO, bom=True, end="\n")) == read(files.wechat(TWO))

    def test_a_column_that_is_not_there_is_named(self):
        columns = [name for name in files.WECHAT if name != "商户订单号"]
        code, message = codes(files.wechat(TWO, columns=columns))
        assert code == "bill_column_missing"
        assert "商户订单号" in message

    @pytest.mark.parametrize(
        "text",
        [
            "1e3",
            "１２９.00",
            "NaN",
            "-129.00",
            "129.001",
            "",
            " 129.00",
            "129.",
            ".5",
            "1,290.00",
            "٣.00",
        ],
    )
    def test_refuses_what_is_no_amount_with_row_field_and_rule(self, text):
        row = files.payment(订单金额=text)
        code, message = codes(files.wechat([files.payment(2), row], totals=["2", *["0"] * 6]))
        assert code == "bill_field" if "," not in text else "bill_row_broken"
        assert "第 3 行" in message

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("商户号", "1900000002"),
            ("货币种类", "USD"),
            ("交易状态", "PAID"),
            ("商户订单号", "GJ 1"),
            ("微信订单号", ""),
            ("交易时间", "2026-02-30 00:00:00"),
            ("手续费", "0.00100"),
        ],
    )
    def test_refuses_a_value_that_breaks_a_rule(self, field, text):
        code, message = codes(files.wechat([files.payment(**{field: text})]))
        assert (code, f"第 2 行「{field}」" in message) == ("bill_field", True)

    def test_a_value_with_the_joint_in_it_breaks_the_row_and_moves_nothing(self):
        row = files.payment(商品名称="党费,`9.99")
        assert codes(files.wechat([row]))[0] == "bill_row_broken"

    def test_a_row_without_its_backtick_is_not_passed_over(self):
        content = files.wechat(TWO).replace(b"\r\n`2026", b"\r\n2026", 1)
        assert codes(content)[0] == "bill_total"

    def test_totals_must_be_those_of_the_lines(self):
        for place in (0, 4, 5, 6):
            totals = ["2", "129.00", "3.00", "0.00", "0.00", "129.00", "3.00"]
            totals[place] = "7.00"
            assert codes(files.wechat(TWO, totals=totals))[0] == "bill_total"

    def test_another_encoding_is_refused_with_the_row(self):
        content = files.wechat(TWO).decode().encode("gbk")
        assert codes(content)[0] == "bill_encoding"

    def test_no_beginning_of_a_bill_passes_for_a_bill(self):
        content = files.wechat(TWO)
        for length in range(0, len(content) - len("`3.00\r\n"), 7):
            with pytest.raises(BillUnreadable):
                read(content[:length])

    def test_the_digest_must_be_the_one_that_the_channel_named(self):
        assert bills.demand_digest(
            b"a", algorithm="SHA1", expected="86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8"
        )
        for algorithm, expected in (
            ("SHA1", "0" * 40),
            ("MD5", "0cc175b9c0f1b6a831c399e269772661"),
        ):
            with pytest.raises(bills.BillDigestWrong):
                bills.demand_digest(b"a", algorithm=algorithm, expected=expected)

    def test_movements_of_the_account_follow_from_each_other(self):
        paid_out, paid = WeChatFundBill(FUND.encode()).movements()
        assert (paid_out.business, paid_out.amount_fen, paid_out.flow_no) == ("提现", -1000, "PO1")
        assert (paid.amount_fen, paid.balance_fen) == (12_900, 12_900)
        broken = FUND.replace("`129.00,`129.00", "`129.00,`128.00")
        assert codes(broken.encode(), lambda c: WeChatFundBill(c).movements())[0] == "bill_field"
        wrong = FUND.replace("`1.0,`10.00\n", "`1.0,`11.00\n")
        assert codes(wrong.encode(), lambda c: WeChatFundBill(c).movements())[0] == "bill_total"


class TestAlipay:
    def test_reads_padded_values_under_banners_in_gbk(self):
        back = files.alipay_row(2, -300, **{"业务类型": "退款", "退款批次号/请求号": "GR2"})
        bill = AlipayTradeBill(files.alipay([files.alipay_row(1), back]), mchid=files.SELLER)
        paid, refunded = bill.lines()
        assert bill.totals == bills.Totals(2, 12_900, 300, 0)
        assert (paid.kind, paid.amount_fen, paid.fee_fen) == ("payment", 12_900, 0)
        assert (refunded.kind, refunded.refund_no, refunded.amount_fen) == ("refund", "GR2", 300)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"PK nonsense", "bill_archive"),
            (files.alipay([files.alipay_row()])[:-40], "bill_archive"),
            (files.zipped({"readme.txt": b""}), "bill_archive"),
            (files.alipay([files.alipay_row()], encoding="utf-8"), "bill_encoding"),
            (files.alipay([files.alipay_row()], is_whole=False), "bill_truncated"),
            (files.alipay([files.alipay_row(fen=-100)]), "bill_field"),
            (files.alipay([files.alipay_row(业务类型="转账")]), "bill_field"),
            (files.alipay([files.alipay_row(商品名称="a,b")]), "bill_row_broken"),
            (
                files.alipay([files.alipay_row()], totals=["合计", "", "2", "0", "129.00", "0.00"]),
                "bill_total",
            ),
            (
                files.alipay([files.alipay_row()], totals=["合计", "", "1", "0", "130.00", "0.00"]),
                "bill_total",
            ),
        ],
    )
    def test_refuses_what_is_not_whole(self, content, code):
        assert (
            codes(content, lambda c: list(AlipayTradeBill(c, mchid=files.SELLER).lines()))[0]
            == code
        )


class TestAnyBytes:
    @QUICK
    @given(fen=st.integers(0, 10**14 - 1))
    def test_an_amount_is_read_to_the_fen(self, fen):
        assert Amounts("x")[f"{fen // 100}.{fen % 100:02d}".encode()] == fen

    @QUICK
    @given(text=st.text(max_size=12))
    def test_no_other_text_is_an_amount(self, text):
        try:
            fen = Amounts("x", may_be_negative=True)[text.encode()]
        except Unfit:
            return
        assert decimal.Decimal(text) * 100 == fen
        assert text.isascii()

    @QUICK
    @given(data=st.data())
    def test_a_spoilt_bill_is_the_same_bill_or_is_refused(self, data):
        """Whatever one byte becomes: it stood in a column that nobody reads, or it is seen."""
        content = bytearray(
            files.wechat([files.payment(1), files.payment(2), files.refund(1, 300)])
        )
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
        try:
            lines = read(bytes(content))
        except BillUnreadable:
            return
        assert (len(lines), sum(line.amount_fen for line in lines)) == (3, 26_100)

    @QUICK
    @given(content=st.binary(max_size=300))
    def test_nothing_else_is_raised(self, content):
        for reader in (
            read,
            lambda c: WeChatFundBill(c).movements(),
            read_alipay,
        ):
            with pytest.raises(BillUnreadable):
                reader(content)

    @QUICK
    @given(data=st.data())
    def test_a_spoilt_archive_raises_nothing_else(self, data):
        content = bytearray(files.alipay([files.alipay_row(1)]))
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
        try:
            assert len(read_alipay(bytes(content))) == 1
        except BillUnreadable:
            return
