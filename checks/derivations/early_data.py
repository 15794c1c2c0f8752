"""Settles whether early data is taken, from what the tickets of a completed handshake allow."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.full_handshake import EarlyData, FullHandshake
from auditor.facts.tls import TlsVersion
from auditor.model import Reason


@derive(reads=(FullHandshake,), yields=EarlyData)
def early_data(seen: FullHandshake) -> EarlyData:
    """Before TLS 1.3 there is none. Raises Undecided where a ticket may have been on its way."""
    if seen.version is TlsVersion.TLS13 and seen.early_data is None:
        raise Undecided(Reason.TIMEOUT, "after the handshake neither a session ticket nor an end came")
    return EarlyData(observed_at=seen.observed_at, version=seen.version, limit=seen.early_data or 0)


DERIVATIONS = (early_data,)
