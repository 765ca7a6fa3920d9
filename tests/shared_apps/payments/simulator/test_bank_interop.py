"""OpenSSL, which knows nothing of us, reads both sides' signatures, and both read OpenSSL's."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate

from shared_apps.payments.channels.bank_signature import Signer, Verifier
from shared_apps.payments.simulator.bank_keys import Signature
from shared_apps.payments.simulator.bank_protocol import demand_signed, signature_of
from shared_apps.payments.simulator.keys import forgers_key
from shared_apps.payments.simulator.protocol import Refusal

TEXT = "104110000000001|GJ0000000000000A|9123|01|20261122093000|1|36.00|6216****1234|*某|40740"

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl program is not on this machine"
)


def openssl(*words: str | Path) -> bytes:
    command = ["openssl", *map(str, words)]
    return subprocess.run(command, check=True, capture_output=True).stdout


def certified(folder: Path, pem: str, signature: str, text: str) -> bytes:
    """What OpenSSL finds signed, by the owner of this certificate and nobody else."""
    (folder / "signer.crt").write_text(pem)
    (folder / "signature.der").write_bytes(base64.b64decode(signature))
    (folder / "text").write_bytes(text.encode())
    return openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "signature.der",
        "-content", folder / "text", "-certfile", folder / "signer.crt", "-nointern",
        "-noverify",
    )  # fmt: skip


def test_openssl_reads_what_the_merchant_signs(bank_account, tmp_path):
    signature = Signer(bank_account).sign(TEXT)
    found = certified(tmp_path, bank_account.merchant_certificate, signature, TEXT)
    assert found == TEXT.encode()


def test_openssl_reads_what_the_bank_signs(bank_keys, bank_account, tmp_path):
    signature = signature_of(bank_keys.gateway, TEXT)
    found = certified(tmp_path, bank_account.platform_public_key, signature, TEXT)
    assert found == TEXT.encode()


def test_openssl_refuses_what_we_refuse(bank_keys, bank_account, tmp_path):
    signature = signature_of(bank_keys.other_customer(), TEXT)
    assert not Verifier(bank_account).is_genuine(TEXT, signature)
    with pytest.raises(subprocess.CalledProcessError):
        certified(tmp_path, bank_account.platform_public_key, signature, TEXT)


def signed_by_openssl(folder: Path, keys, pem: str, *form: str) -> str:
    """OpenSSL signs in the bank's place."""
    key = keys.gateway.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "bank.key").write_bytes(key)
    (folder / "bank.crt").write_text(pem)
    (folder / "text").write_bytes(TEXT.encode())
    der = openssl(
        "cms", "-sign", "-binary", "-outform", "DER", "-in", folder / "text",
        "-signer", folder / "bank.crt", "-inkey", folder / "bank.key", *form,
    )  # fmt: skip
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("form", [(), ("-noattr",), ("-md", "sha512"), ("-nocerts",)])
def test_we_read_what_openssl_signs(bank_keys, bank_account, tmp_path, form):
    pem = bank_account.platform_public_key
    signature = signed_by_openssl(tmp_path, bank_keys, pem, *form)
    assert Verifier(bank_account).is_genuine(TEXT, signature)
    assert not Verifier(bank_account).is_genuine(TEXT + "0", signature)


def test_a_genuine_signature_over_a_weak_digest_is_refused(bank_keys, bank_account, tmp_path):
    pem = bank_account.platform_public_key
    signature = signed_by_openssl(tmp_path, bank_keys, pem, "-md", "sha1")
    assert not Verifier(bank_account).is_genuine(TEXT, signature)


def test_the_bank_reads_what_openssl_signs(bank_keys, bank_account, tmp_path):
    merchant = bank_keys.merchant(bank_account.mchid)
    assert merchant is not None
    (tmp_path / "key").write_text(bank_account.merchant_private_key)
    (tmp_path / "crt").write_text(bank_account.merchant_certificate)
    (tmp_path / "text").write_bytes(TEXT.encode())
    der = openssl(
        "cms", "-sign", "-binary", "-outform", "DER", "-in", tmp_path / "text",
        "-signer", tmp_path / "crt", "-inkey", tmp_path / "key",
    )  # fmt: skip
    signature = base64.b64encode(der).decode()
    demand_signed(merchant, TEXT, signature)
    with pytest.raises(Refusal):
        demand_signed(merchant, TEXT + "0", signature)


def test_the_bank_refuses_another_key_under_the_registered_certificate(bank_keys, bank_account):
    merchant = bank_keys.merchant(bank_account.mchid)
    registered = load_pem_x509_certificate(bank_account.merchant_certificate.encode())
    with pytest.raises(Refusal):
        demand_signed(merchant, TEXT, signature_of(Signature(forgers_key(), registered), TEXT))
    demand_signed(merchant, TEXT, Signer(bank_account).sign(TEXT))
