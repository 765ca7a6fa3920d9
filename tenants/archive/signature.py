"""The platform's signature under an archive: Ed25519, so that anybody can verify and nobody else
can sign.  The key is derived from the master key and lies nowhere.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from tenants.archive.refusals import ArchiveDamaged, ArchiveSignedElsewhere

SIZE = 64


def public_key() -> str:
    """The platform's public key in hex, as it stands in the header of its archives."""
    return _private_key().public_key().public_bytes_raw().hex()


def sign(digest: bytes) -> bytes:
    return _private_key().sign(digest)


def verify(signature: bytes, digest: bytes, *, signer: str, trusted: str = "") -> None:
    """Raises ArchiveDamaged for another content, ArchiveSignedElsewhere for another platform
    unless its public key is the one the operator gave as ``trusted``.
    """
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer)).verify(signature, digest)
    except (InvalidSignature, ValueError) as broken:
        raise ArchiveDamaged from broken
    if signer not in {public_key(), trusted.strip().lower()}:
        raise ArchiveSignedElsewhere(signer=signer)


@lru_cache(maxsize=1)
def _private_key() -> Ed25519PrivateKey:
    seed = HKDF(algorithm=hashes.SM3(), length=32, salt=b"archive", info=b"sign:ed25519").derive(
        settings.MASTER_KEY
    )
    return Ed25519PrivateKey.from_private_bytes(seed)
