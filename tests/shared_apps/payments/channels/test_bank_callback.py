"""The bank's notifications: one way in, and every known way to be refused."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from asn1crypto import cms

from shared_apps.payments.channels.bank_callback import BankCallbackReader
from shared_apps.payments.channels.bank_signature import Signer, Verifier
from shared_apps.payments.channels.base import Misconfigured, NothingToKeep, Reason, Rejected
from shared_apps.payments.simulator.bank_protocol import joined, signature_of
from shared_apps.payments.simulator.bank_skin import SIGNED, WITH_PAYER
from tests.shared_apps.payments.bank import pay

NUMBER = "GJ0000000000000A"


@pytest.fixture
def paid(bank_adapter, core, request_for):
    return pay(core, bank_adapter.prepay(request_for()).pay_url, NUMBER)


@pytest.fixture
def message(core, paid):
    """A genuine delivery's body, or one spoilt in a mode of the simulator."""
    return lambda mode="": core.callbacks.message(paid, "BK1", mode).body


@pytest.fixture
def resigned(message, bank_keys):
    """A notice whose fields were changed *before* the bank signed it."""

    def build(names: str = WITH_PAYER, **changes: str) -> bytes:
        fields = fields_of(message()) | changes
        fields["signData"] = signature_of(bank_keys.gateway, joined(fields, names))
        return urlencode(fields).encode()

    return build


def fields_of(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def refusal(reader, body: bytes, now, headers=()) -> Reason:
    with pytest.raises(Rejected) as caught:
        reader.read(headers=headers, body=body, now=now)
    return caught.value.reason


def test_a_genuine_notice_is_read(bank_reader, message, paid, bank_account, wall):
    body = message()
    facts = bank_reader.read(headers=(), body=body, now=wall())
    assert (facts.out_trade_no, facts.transaction_id) == (NUMBER, paid.transaction_id)
    assert (facts.amount_fen, facts.currency) == (3600, "CNY")
    assert (facts.mchid, facts.appid) == (bank_account.mchid, bank_account.appid)
    assert facts.event_id == f"{paid.transaction_id}:1"
    assert facts.success_time == datetime.fromisoformat(paid.paid_at)
    assert facts.raw_sha256 == hashlib.sha256(body).hexdigest()


def test_nothing_of_the_payer_is_read(bank_reader, message, paid, wall):
    assert paid.openid[-4:] in message().decode()
    facts = bank_reader.read(headers=(), body=message(), now=wall())
    assert facts.payer == ""


def test_a_notice_without_its_payer_is_read(bank_reader, resigned, wall):
    body = resigned(SIGNED, acctNo="", holderName="", ibknum="")
    assert bank_reader.read(headers=(), body=body, now=wall()).amount_fen == 3600


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("wrong_signer", Reason.SIGNATURE_INVALID),
        ("forged", Reason.SIGNATURE_INVALID),
        ("tampered_body", Reason.SIGNATURE_INVALID),
        ("unsigned", Reason.SIGNATURE_MISSING),
        ("shifted_field", Reason.FACTS_MALFORMED),
        ("repeated_field", Reason.BODY_MALFORMED),
        ("oversized", Reason.BODY_TOO_LARGE),
        ("foreign_mchid", Reason.MERCHANT_MISMATCH),
        ("stale", Reason.TIMESTAMP_STALE),
        ("status_unknown", Reason.EVENT_UNSUPPORTED),
    ],
)
def test_what_the_bank_can_spoil_is_refused(bank_reader, message, wall, mode, reason):
    assert refusal(bank_reader, message(mode), wall()) is reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payAmount": "36.001"}, Reason.FACTS_MALFORMED),
        ({"payAmount": "3.6e1"}, Reason.FACTS_MALFORMED),
        ({"payAmount": "-36.00"}, Reason.FACTS_MALFORMED),
        ({"payAmount": "３６.00"}, Reason.FACTS_MALFORMED),
        ({"payAmount": "0.00"}, Reason.FACTS_MALFORMED),
        ({"payAmount": "NaN"}, Reason.FACTS_MALFORMED),
        ({"payTime": "2026-11-22 09:00:00"}, Reason.FACTS_MALFORMED),
        ({"payTime": "20261399999999"}, Reason.FACTS_MALFORMED),
        ({"payTime": "29991231235959"}, Reason.TIMESTAMP_STALE),
        ({"orderStatus": "9"}, Reason.FACTS_MALFORMED),
        ({"orderNo": "G" * 33}, Reason.FACTS_MALFORMED),
        ({"orderSeq": "有空格"}, Reason.FACTS_MALFORMED),
        ({"orderSeq": ""}, Reason.BODY_MALFORMED),
        ({"holderName": "某|人"}, Reason.FACTS_MALFORMED),
    ],
)
def test_a_signed_but_odd_notice_is_refused(bank_reader, resigned, wall, change, reason):
    assert refusal(bank_reader, resigned(**change), wall()) is reason


@pytest.mark.parametrize("status", ["0", "2", "3", "5", "6"])
def test_a_notice_of_anything_but_a_payment_is_taken_and_not_kept(
    bank_reader, resigned, wall, status
):
    with pytest.raises(NothingToKeep):
        bank_reader.read(headers=(), body=resigned(orderStatus=status), now=wall())


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff\xfe", b"a" * 100, b"a=%FF&b", b"&".join([b"a=1"] * 60)]
)
def test_a_body_that_is_no_form_is_refused(bank_reader, wall, body):
    assert refusal(bank_reader, body, wall()) is Reason.BODY_MALFORMED


def test_a_packed_body_is_refused(bank_reader, message, wall):
    headers = [("Content-Encoding", "gzip")]
    assert refusal(bank_reader, message(), wall(), headers) is Reason.BODY_ENCODED


@pytest.mark.parametrize("signature", ["no base64!", "AAAA", "A" * 20000])
def test_something_else_in_the_signatures_place_is_refused(bank_reader, message, wall, signature):
    fields = fields_of(message()) | {"signData": signature}
    body = urlencode(fields).encode()
    assert refusal(bank_reader, body, wall()) is Reason.SIGNATURE_INVALID


def test_the_signature_of_another_notice_is_refused(bank_reader, message, resigned, wall):
    other = fields_of(resigned(payAmount="0.01"))["signData"]
    fields = fields_of(message()) | {"signData": other}
    assert refusal(bank_reader, urlencode(fields).encode(), wall()) is Reason.SIGNATURE_INVALID


@pytest.mark.parametrize(("days", "is_fresh"), [(2.9, True), (3.1, False)])
def test_a_late_notice_counts_for_three_days(bank_reader, message, wall, days, is_fresh):
    now = wall() + timedelta(days=days)
    if is_fresh:
        assert bank_reader.read(headers=(), body=message(), now=now).amount_fen == 3600
    else:
        assert refusal(bank_reader, message(), now) is Reason.TIMESTAMP_STALE


def test_a_certificate_that_ran_out_signs_nothing(bank_reader, message, wall):
    later = wall() + timedelta(days=3700)
    assert refusal(bank_reader, message(), later) is Reason.SERIAL_UNKNOWN


def test_a_message_for_another_merchant_is_refused(bank_keys, bank_account, message, wall):
    material = bank_keys.merchant_material("unit beta")
    other = dataclasses.replace(bank_account, mchid=material["mchid"])
    assert refusal(BankCallbackReader(other), message(), wall()) is Reason.MERCHANT_MISMATCH


def test_no_refusal_touches_the_network(bank_reader, message, wall, monkeypatch):
    def no_network(*_args, **_kwargs):
        raise AssertionError("the callback path used the network")

    monkeypatch.setattr("socket.socket.connect", no_network)
    bank_reader.read(headers=(), body=message(), now=wall())
    for mode in ("forged", "wrong_signer", "unsigned"):
        refusal(bank_reader, message(mode), wall())


class TestSignature:
    TEXT = "104110000000001|GJ0000000000000A|36.00"

    @pytest.fixture
    def verifier(self, bank_account):
        return Verifier(bank_account)

    @pytest.fixture
    def changed(self, bank_keys):
        """The bank's own signature with its inside changed afterwards."""

        def build(change) -> str:
            der = base64.b64decode(signature_of(bank_keys.gateway, self.TEXT))
            envelope = cms.ContentInfo.load(der)
            change(envelope["content"])
            return base64.b64encode(envelope.dump(force=True)).decode()

        return build

    def test_with_and_without_attributes(self, verifier, bank_keys, bank_account):
        assert verifier.is_genuine(self.TEXT, signature_of(bank_keys.gateway, self.TEXT))
        plain = dataclasses.replace(
            bank_account, platform_public_key=bank_account.merchant_certificate
        )
        assert Verifier(plain).is_genuine(self.TEXT, Signer(bank_account).sign(self.TEXT))

    def test_untouched_survives_being_written_again(self, verifier, changed):
        assert verifier.is_genuine(self.TEXT, changed(lambda signed: None))

    def test_two_signers_are_none(self, verifier, changed):
        def twice(signed):
            signed["signer_infos"].append(signed["signer_infos"][0].copy())

        assert not verifier.is_genuine(self.TEXT, changed(twice))

    def test_no_signer_is_none(self, verifier, changed):
        assert not verifier.is_genuine(
            self.TEXT, changed(lambda s: s.__setitem__("signer_infos", []))
        )

    def test_weak_digests_are_not_taken(self, verifier, changed):
        def weaken(signed):
            signed["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha1"}

        assert not verifier.is_genuine(self.TEXT, changed(weaken))

    def test_the_certificates_that_come_along_do_not_matter(self, verifier, changed):
        def bare(signed):
            signed["certificates"] = None

        assert verifier.is_genuine(self.TEXT, changed(bare))

    def test_a_signer_named_otherwise_is_refused(self, verifier, changed):
        def rename(signed):
            signed["signer_infos"][0]["sid"].chosen["serial_number"] = 1

        assert not verifier.is_genuine(self.TEXT, changed(rename))

    def test_content_that_comes_along_must_be_the_same(self, verifier, changed):
        def with_content(signed):
            signed["encap_content_info"]["content"] = b"something else"

        assert not verifier.is_genuine(self.TEXT, changed(with_content))

    def test_the_same_text_is_always_signed_alike(self, bank_account):
        signer = Signer(bank_account)
        assert signer.sign(self.TEXT) == signer.sign(self.TEXT)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("platform_public_key", "no certificate"),
        ("merchant_certificate", ""),
        ("merchant_private_key", "no key"),
    ],
)
def test_an_unusable_part_is_named(bank_account, part, value):
    spoilt = dataclasses.replace(bank_account, **{part: value})
    with pytest.raises(Misconfigured, match=part):
        Verifier(spoilt)
        Signer(spoilt)


def test_key_and_certificate_must_belong_together(bank_account):
    spoilt = dataclasses.replace(
        bank_account, merchant_certificate=bank_account.platform_public_key
    )
    with pytest.raises(Misconfigured, match="merchant_certificate"):
        Signer(spoilt)
