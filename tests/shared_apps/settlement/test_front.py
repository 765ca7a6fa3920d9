"""Our side of the bank's line against answers that are not what they should be."""

import datetime as dt

import pytest
import requests
import responses

from shared_apps.settlement.channels import front as channel
from shared_apps.settlement.channels.base import StatementUnavailable, Transfer, Verdict
from tests.factories.settlement import MONDAY, POOL, BankOnLine

URL = "http://127.0.0.1:8098" + channel.PATH
ONE = Transfer(
    "261123A00001",
    12_345,
    "CCB",
    "105301000123",
    "建行河西支行",
    "320501598636",
    "甲委员会",
    "党费",
)
SIGNED_IN = (
    "<bocb2e><trans><trn-b2e0001-rs><status><rspcod>B001</rspcod></status>"
    "<token>t</token></trn-b2e0001-rs></trans></bocb2e>"
)


def answer(code, content):
    return f"<bocb2e><trans><trn-{code}-rs>{content}</trn-{code}-rs></trans></bocb2e>"


def status(code):
    return f"<status><rspcod>{code}</rspcod><rspmsg/></status>"


@pytest.fixture
def line():
    with responses.RequestsMock() as mocked:
        mocked.add("POST", URL, body=SIGNED_IN)
        yield mocked


@pytest.fixture
def front():
    access = channel.Access("http://127.0.0.1:8098", "c", "o", "p", "t", POOL, "40006")
    return channel.FrontMachine(access)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ("", Verdict.UNKNOWN),
        ("<bocb2e>", Verdict.UNKNOWN),
        ('<!DOCTYPE a [<!ENTITY b "c">]><bocb2e/>', Verdict.UNKNOWN),
        (answer("b2e0007", status("B001")), Verdict.UNKNOWN),
        (answer("b2e0009", status("B001")), Verdict.UNKNOWN),
        (answer("b2e0009", status("B010")), Verdict.UNKNOWN),
        (answer("b2e0009", status("B011")), Verdict.ABSENT),
    ],
)
def test_an_answer_that_says_nothing_of_an_instruction_concludes_nothing(
    line, front, body, verdict
):
    line.add("POST", URL, body=body)
    assert front.send([ONE], on=MONDAY)[ONE.insid].verdict is verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("B001", Verdict.ACCEPTED),
        ("B054", Verdict.PROCESSING),
        ("B059", Verdict.PROCESSING),
        ("B021", Verdict.REJECTED),
        ("B777", Verdict.UNKNOWN),
        ("", Verdict.UNKNOWN),
    ],
)
def test_only_the_banks_known_refusals_refuse(line, front, code, verdict):
    of_ours = f"<b2e0009-rs>{status(code)}<insid>{ONE.insid}</insid></b2e0009-rs>"
    of_others = f"<b2e0009-rs>{status('B021')}<insid>261123A99999</insid></b2e0009-rs>"
    line.add("POST", URL, body=answer("b2e0009", status("B001") + of_others + of_ours))
    answers = front.send([ONE], on=MONDAY)
    assert {key: one.verdict for key, one in answers.items()} == {ONE.insid: verdict}


def test_without_a_sign_in_nothing_went_out(front):
    with responses.RequestsMock() as mocked:
        mocked.add("POST", URL, body=requests.ConnectionError())
        assert front.send([ONE], on=MONDAY)[ONE.insid].verdict is Verdict.ABSENT


@pytest.mark.parametrize("amount", ["1e3", "12.345", "１２.00", "NaN", "", "12"])
def test_a_statement_with_an_amount_that_is_none_is_not_taken(line, front, amount):
    entry = (
        f"<b2e0035-rs><vchnum>1</vchnum><txndate>20261123</txndate><txnamt>{amount}</txnamt>"
        "</b2e0035-rs>"
    )
    line.add("POST", URL, body=answer("b2e0035", status("B001") + entry))
    with pytest.raises(StatementUnavailable):
        front.statement(MONDAY, MONDAY)


def test_a_statement_is_read_to_its_last_page(monkeypatch):
    monkeypatch.setattr(channel, "PAGE", 2)
    with responses.RequestsMock() as mocked:
        bank = BankOnLine()
        bank.listen(mocked)
        many = [Transfer(f"261123A0000{n}", 100 + n, *_rest()) for n in range(5)]
        bank.front.send(many, on=MONDAY)
        lines = bank.front.statement(MONDAY - dt.timedelta(days=9), MONDAY)
    assert [line.amount_fen for line in lines] == [-100, -101, -102, -103, -104]
    assert bank.messages.count("b2e0035") == 3


def test_the_same_number_moves_money_once():
    with responses.RequestsMock() as mocked:
        bank = BankOnLine()
        bank.listen(mocked)
        bank.front.send([ONE], on=MONDAY)
        again = bank.front.send([ONE], on=MONDAY)
    assert again[ONE.insid].verdict is Verdict.PROCESSING
    assert bank.books.balances() == {"320501598636": 12_345}


def test_the_line_to_a_machine_elsewhere_is_encrypted():
    with pytest.raises(channel.Misconfigured):
        channel.FrontMachine(channel.Access("http://10.0.0.8", "c", "o", "p", "t", POOL, "1"))


def _rest():
    return ONE.bank, ONE.cnaps, ONE.branch, ONE.number, ONE.name, ONE.purpose
