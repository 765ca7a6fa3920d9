"""Bank statements in camt.053: what is read, and that nothing is read from what is not whole."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_apps.settlement.channels import camt053
from shared_apps.settlement.channels.camt053 import StatementUnreadable, statement_of
from tests.shared_apps.settlement import camt_files as files

NUMBER = "32050159863600004417"
TWO = [
    (200_000, files.entry("E1", 200_000, reference="261130A00001", summary="结算")),
    (-50, files.entry("E2", -50, dt.date(2026, 11, 3), summary="工本费")),
]
WHOLE = files.statement(NUMBER, 1_000, TWO)


def refused(content):
    with pytest.raises(StatementUnreadable) as found:
        statement_of(content)
    return found.value.code, found.value.message


def test_reads_head_and_entries():
    read = statement_of(WHOLE)
    assert (read.number, read.first_on, read.last_on) == (NUMBER, files.FIRST, files.LAST)
    assert (read.opening_fen, read.closing_fen) == (1_000, 200_950)
    first, second = read.entries
    assert (first.serial, first.amount_fen, first.insid) == ("E1", 200_000, "261130A00001")
    assert (second.amount_fen, second.counterparty, second.summary) == (-50, "甲 & 乙", "工本费")


@pytest.mark.parametrize("version", ["02", "06", "13"])
def test_reads_every_version_by_names(version):
    assert statement_of(WHOLE.replace(b"001.08", b"001." + version.encode())).entries


def test_an_overdrawn_account_is_negative():
    assert statement_of(files.statement(NUMBER, -300, [])).closing_fen == -300


@pytest.mark.parametrize(
    ("before", "after", "code", "named"),
    [
        ("200000", "2000.00", None, ""),
        ("2000.00</Amt>", "2e3</Amt>", "statement_field", "第 1 笔的「Amt」"),
        ("2000.00</Amt>", "２０００.00</Amt>", "statement_field", "第 1 笔的「Amt」"),
        ("2000.00</Amt>", "NaN</Amt>", "statement_field", "第 1 笔的「Amt」"),
        ("2000.00</Amt>", "-2000.00</Amt>", "statement_field", "第 1 笔的「Amt」"),
        ("2000.00</Amt>", "2000.001</Amt>", "statement_field", "第 1 笔的「Amt」"),
        ("0.50</Amt>", "0.00</Amt>", "statement_field", "第 2 笔的「Amt」"),
        ("0.50</Amt>", "0.51</Amt>", "statement_not_balanced", "2,009.49"),
        ('Ccy="CNY">0.50', 'Ccy="USD">0.50', "statement_field", "第 2 笔的「Amt」"),
        ("<Ccy>CNY", "<Ccy>USD", "statement_field", "账户的「Ccy」"),
        ("<Cd>BOOK", "<Cd>PDNG", "statement_field", "第 1 笔的「Sts」"),
        ("DBIT", "OUT", "statement_field", "第 2 笔的「CdtDbtInd」"),
        ("E2<", "E1<", "statement_entry_repeated", "第 1 笔与第 2 笔"),
        ("E2<", "<", "statement_field", "第 2 笔的「AcctSvcrRef」"),
        ("2026-11-03", "2026-13-03", "statement_field", "第 2 笔的「BookgDt」"),
        ("2026-11-03", "2026-10-31", "statement_field", "第 2 笔的「BookgDt」"),
        ("OPBD", "XXXX", "statement_field", "余额的「OPBD」"),
        (NUMBER, "", "statement_field", "账户的「Acct/Id」"),
        ("camt.053", "camt.054", "statement_unreadable", ""),
        ("</Stmt>", "", "statement_unreadable", ""),
    ],
)
def test_names_the_entry_and_the_field(before, after, code, named):
    content = WHOLE.decode().replace(before, after, 1 if before != NUMBER else -1).encode()
    if code is None:
        assert statement_of(content)
        return
    told, message = refused(content)
    assert (told, named in message) == (code, True)


def test_only_one_statement():
    two = WHOLE.decode().replace("</Stmt>", "</Stmt><Stmt></Stmt>").encode()
    assert "2 份" in refused(two)[1]
    assert "0 份" in refused(files.wrapped(""))[1]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Document [<!ENTITY a "b">]>',
        '<!DOCTYPE Document [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>',
    ],
)
def test_document_types_and_entities_are_refused(head):
    assert refused(files.wrapped("<Stmt/>", head=head))[0] == "statement_forbidden_xml"


def test_large_files_are_refused(monkeypatch):
    monkeypatch.setattr(camt053, "MOST_BYTES", 100)
    assert refused(WHOLE)[0] == "statement_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(camt053, "MOST_ENTRIES", 1)
    assert refused(WHOLE)[0] == "statement_too_large"


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_one_byte_becomes_nothing_is_lost_and_nothing_else_raised(data):
    content = bytearray(WHOLE)
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = statement_of(bytes(content))
    except StatementUnreadable:
        return
    assert len(read.entries) == 2
    assert read.opening_fen + sum(one.amount_fen for one in read.entries) == read.closing_fen


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=300))
def test_nothing_else_is_raised(content):
    with pytest.raises(StatementUnreadable):
        statement_of(content)


@settings(max_examples=40, deadline=None)
@given(moves=st.lists(st.integers(-(10**9), 10**9).filter(bool), max_size=30))
def test_what_was_written_is_read(moves):
    entries = [(fen, files.entry(f"K{n}", fen)) for n, fen in enumerate(moves)]
    read = statement_of(files.statement(NUMBER, 5, entries))
    assert [one.amount_fen for one in read.entries] == moves
    assert read.closing_fen == 5 + sum(moves)
