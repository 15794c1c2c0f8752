"""Reads the OCSP answer that a server sends along with its certificate. Must not know whether there should be one."""

from __future__ import annotations

from datetime import datetime

from auditor.errors import Unreachable
from auditor.facts.certificate_variants import Staple
from auditor.facts.revocation import RevocationSource
from auditor.probes.certificate import load
from auditor.probes.certificate_path import find_path, readable
from auditor.probes.ocsp import parse_ocsp
from auditor.probes.trust_store import TrustStore


def parse_staple(staple: bytes, certificates: tuple[bytes, ...], *, store: TrustStore, now: datetime) -> Staple | None:
    """What was stapled to a chain, if its issuer says it of its leaf, and still does; None: nothing was.

    Raises Unreachable where the leaf cannot be read.
    """
    if not staple:
        return None
    leaf = load(certificates[0])
    path = find_path((leaf, *readable(certificates[1:])), store, None)
    issuers = (*path.certificates[1:2], *([path.anchor] if path.anchor else []))
    if not issuers:
        return Staple(problem="its issuer is not known, so its signature could not be checked")
    try:
        return Staple(answer=parse_ocsp(staple, leaf, issuers[0], now=now, source=RevocationSource.STAPLE))
    except Unreachable as error:
        return Staple(problem=str(error))
