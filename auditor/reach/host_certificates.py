"""Host certificates of OpenSSH's format: is this key vouched for by an authority that we know? Opens no connection.

paramiko asks for them and checks that the server holds the certified key; who signed, for which names and until when is
checked here, with the library `cryptography` (OpenSSH's PROTOCOL.certkeys).
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from auditor.reach.ssh_strings import string_from

SUFFIX = "-cert-v01@openssh.com"
KEY_STRINGS = {
    b"ssh-ed25519": 1,
    b"ssh-rsa": 2,
    b"ecdsa-sha2-nistp256": 2,
    b"ecdsa-sha2-nistp384": 2,
    b"ecdsa-sha2-nistp521": 2,
}
SERIAL_AND_TYPE, VALIDITY = 8 + 4, 8 + 8  # bytes
AFTER_VALIDITY = 4  # strings: options, extensions, a reserved one, the authority's key; then the signature
UNREADABLE = (LookupError, ValueError, UnsupportedAlgorithm, UnicodeDecodeError)


class NotCertifiedError(Exception):
    """Why a certificate does not vouch for a host. `is_strange`: an authority signed it that nobody named."""

    def __init__(self, why: str, *, is_strange: bool = False) -> None:
        super().__init__(why)
        self.is_strange = is_strange


def require_certificate(
    blob: bytes, host: str, now: datetime, authorities: Collection[bytes], revoked: Collection[bytes]
) -> None:
    """`blob`: the certificate as the server sent it, b"" for none; `authorities`, `revoked`: public keys.

    Raises NotCertifiedError.
    """
    if not blob:
        raise NotCertifiedError("it shows no certificate of an authority that is named")
    certificate = _read(blob)
    signer = _blob_of(certificate)
    if signer not in authorities or signer in revoked:
        raise NotCertifiedError("its certificate is signed by an authority that is not named", is_strange=True)
    _require_signature(certificate, blob)
    if certificate.type is not SSHCertificateType.HOST:
        raise NotCertifiedError("its certificate is one for users")
    if certificate.critical_options:
        raise NotCertifiedError("its certificate has conditions that are not understood")
    if host.lower().encode() not in {name.lower() for name in certificate.valid_principals}:
        raise NotCertifiedError(f"its certificate does not name {host}")
    instant = int(now.astimezone(UTC).timestamp())
    if not certificate.valid_after <= instant < certificate.valid_before:
        word = "is not valid yet" if instant < certificate.valid_after else "has expired"
        raise NotCertifiedError(f"its certificate {word}")


def expiry_of(blob: bytes) -> int:
    """The second at which a certificate ends, a user's too. Raises NotCertifiedError."""
    return _read(blob).valid_before


def _read(blob: bytes) -> SSHCertificate:
    try:
        kind, _ = string_from(blob)
        read = load_ssh_public_identity(kind + b" " + base64.b64encode(blob))
    except UNREADABLE as error:
        raise NotCertifiedError("its certificate cannot be read") from error
    if not isinstance(read, SSHCertificate):
        raise NotCertifiedError("it shows no certificate")
    return read


def _blob_of(certificate: SSHCertificate) -> bytes:
    """The public key of the authority, as known_hosts has it in base64."""
    text = certificate.signature_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64decode(text.split()[1])


def _require_signature(certificate: SSHCertificate, blob: bytes) -> None:
    """A signature with SHA-1 proves nothing (RFC 8332): it is told by the name that stands before it."""
    try:
        certificate.verify_cert_signature()
        name = _signature_name(blob)
    except (InvalidSignature, *UNREADABLE) as error:
        raise NotCertifiedError("the signature of its certificate is wrong", is_strange=True) from error
    if name == b"ssh-rsa":
        raise NotCertifiedError("its certificate is signed with SHA-1")


def _signature_name(blob: bytes) -> bytes:
    """Reads through to the last string, the signature: the name of the algorithm comes first in it."""
    kind, rest = string_from(blob)
    for _ in range(1 + KEY_STRINGS[kind.removesuffix(SUFFIX.encode())]):  # a nonce, and what makes the public key
        _, rest = string_from(rest)
    _, rest = string_from(rest[SERIAL_AND_TYPE:])
    _, rest = string_from(rest)
    rest = rest[VALIDITY:]
    for _ in range(AFTER_VALIDITY):
        _, rest = string_from(rest)
    signature, _ = string_from(rest)
    return string_from(signature)[0]
