"""Certificates and lists that no library of today would make: their bytes are changed, then signed again."""

from __future__ import annotations

from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.rig.authority import Authority, Issued

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18


def der(tag: int, content: bytes) -> bytes:
    """One element of DER."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def integer(number: int) -> bytes:
    """A number that is not negative."""
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def signed(content: bytes, authority: Authority) -> bytes:
    """A certificate or list (RFC 5280 sections 4.1.1 and 5.1.1) of what is to be signed."""
    key = authority.issued.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(content, ec.ECDSA(hashes.SHA256()))
    return der(0x30, content + ECDSA_SHA256 + der(0x03, b"\0" + signature))


def odd_leaf(authority: Authority, issued: Issued, *changes: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    """What a server sends whose leaf has these bytes instead of those, each as long as what it replaces."""
    content = issued.certificate.tbs_certificate_bytes
    for old, new in changes:
        assert len(old) == len(new)
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    return (signed(content, authority), *issued.sent[1:])


def generalized(at: datetime | str) -> bytes:
    """A time with four digits of year, as it stands in a certificate; or what is put in its place."""
    text = at if isinstance(at, str) else f"{at:%Y%m%d%H%M%SZ}"
    return der(GENERALIZED_TIME, text.encode("ascii"))


def long_list(authority: Authority, serial: int, entries: int, at: datetime, until: datetime) -> bytes:
    """A revocation list of many entries, made without a library: one that makes it would be busy for minutes."""
    time = der(UTC_TIME, f"{at:%y%m%d%H%M%SZ}".encode("ascii"))
    rows = b"".join(der(0x30, integer(number) + time) for number in (*range(1, entries), serial))
    end = der(UTC_TIME, f"{until:%y%m%d%H%M%SZ}".encode("ascii"))
    name = authority.issued.certificate.subject.public_bytes()
    return signed(der(0x30, integer(1) + ECDSA_SHA256 + name + time + end + der(0x30, rows)), authority)
