"""Reads which logs a stapled OCSP answer names (RFC 6962 section 3.3). Must not know what they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.x509 import ocsp

from auditor.probes.certificate import BROKEN
from auditor.quiet import quietly


def in_staple(staple: bytes, leaf: bytes, now: datetime) -> Iterator[str]:
    """Ids of logs, hexadecimal: none of an answer about another certificate than `leaf` (DER), or out of date."""
    try:
        with quietly():
            answer = ocsp.load_der_ocsp_response(staple)
            is_about = answer.serial_number == x509.load_der_x509_certificate(leaf).serial_number
            is_over = answer.next_update_utc is not None and answer.next_update_utc < now
            if is_about and not is_over:
                scts = answer.single_extensions.get_extension_for_class(x509.SignedCertificateTimestamps).value
                yield from (sct.log_id.hex() for sct in scts)
    except (x509.ExtensionNotFound, TypeError, *BROKEN):
        return
