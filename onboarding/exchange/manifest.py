"""What goes with an exchange file: who made it, under which dictionary, its digests, a signature.

The bundle is a .zip of the file, ``manifest.json`` and ``signature.json``.  The platform's Ed25519
signature lies under the digest of the manifest and can be verified by anybody; the mark is the
unit's own (HMAC-SM3 under the unit's key), by which the unit knows its files again.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from cryptography.hazmat.primitives import hashes

from kernel.crypto import unit_cipher
from kernel.errors import Invalid
from tenants.archive import signature
from tenants.archive.refusals import ArchiveDamaged, ArchiveSignedElsewhere

FORMAT: Final = "gongjian-exchange/1"
_MANIFEST, _SIGNATURE = "manifest.json", "signature.json"
_PURPOSE: Final = "exchange-manifest"
_BLOCK: Final = 1 << 20
_LARGEST: Final = 400 * 1024 * 1024


class BundleDamaged(Invalid):
    code = "exchange_bundle_damaged"
    sentence = "文件包与它的清单不一致，可能被改动或传输不完整，没有读取任何内容。"


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified bundle.  ``is_own``: this unit made it."""

    manifest: dict[str, Any]
    file_name: str
    content: bytes
    is_own: bool
    is_elsewhere: bool


def bundle(*, file: BinaryIO, name: str, told: Mapping[str, Any], out: BinaryIO) -> dict[str, Any]:
    """Writes the .zip to ``out``; returns the manifest."""
    manifest = {"format": FORMAT, **told, "file": {"name": name, **_digests(file)}}
    text = _text(manifest)
    signed = {
        "algorithm": "Ed25519",
        "public_key": signature.public_key(),
        "signature": signature.sign(hashlib.sha256(text).digest()).hex(),
        "unit_mark": unit_cipher().signature(text, purpose=_PURPOSE).hex(),
    }
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        file.seek(0)
        with packed.open(name, "w", force_zip64=True) as target:
            while block := file.read(_BLOCK):
                target.write(block)
        packed.writestr(_MANIFEST, text)
        packed.writestr(_SIGNATURE, _text(signed))
    return manifest


def is_bundle(filename: str) -> bool:
    return filename.lower().endswith(".zip")


def open_bundle(content: bytes) -> Opened:
    """Verifies digests and signature before anything is read; raises BundleDamaged."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > _LARGEST:
                raise BundleDamaged
            text = packed.read(_MANIFEST)
            manifest, signed = json.loads(text), json.loads(packed.read(_SIGNATURE))
            name = manifest["file"]["name"]
            body = packed.read(name)
        found = _digests(io.BytesIO(body))
        is_elsewhere = _verify(text, signed)
        mark = unit_cipher().signature(text, purpose=_PURPOSE).hex()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ArchiveDamaged) as broken:
        raise BundleDamaged from broken
    if manifest.get("format") != FORMAT or any(
        manifest["file"].get(key) != value for key, value in found.items()
    ):
        raise BundleDamaged
    is_own = hmac.compare_digest(mark, str(signed.get("unit_mark", "")))
    return Opened(manifest, name, body, is_own, is_elsewhere)


def _verify(text: bytes, signed: Mapping[str, Any]) -> bool:
    """Whether another platform signed it; raises ArchiveDamaged for a wrong signature."""
    try:
        signature.verify(
            bytes.fromhex(signed["signature"]),
            hashlib.sha256(text).digest(),
            signer=signed["public_key"],
        )
    except ArchiveSignedElsewhere:
        return True
    return False


def _digests(file: BinaryIO) -> dict[str, Any]:
    file.seek(0)
    sha256, sm3_hash, size = hashlib.sha256(), hashes.Hash(hashes.SM3()), 0
    while block := file.read(_BLOCK):
        sha256.update(block)
        sm3_hash.update(block)
        size += len(block)
    return {"size": size, "sha256": sha256.hexdigest(), "sm3": sm3_hash.finalize().hex()}


def _text(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1).encode()
