"""A glance at the operator's file of roots, before anything is contacted. Loads none of what reads certificates."""

from __future__ import annotations

import ssl
from pathlib import Path


def glance_at(ca_file: Path) -> None:
    """Raises UsageError for a file that cannot be used, as `trust_store` does.

    OpenSSL reads it as a file of certificates, or else it is read in full now. What OpenSSL takes and the strict reader
    refuses all the same is told when that has read it.
    """
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_file)
    except OSError:  # ssl.SSLError is one
        from auditor.probes.trust_store import trust_store  # noqa: PLC0415 - loads what takes long

        trust_store(ca_file)
