"""Whether what a service shows fits one of its TLSA records (RFC 6698, RFC 7671). Knows no network."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.facts.service_records import (
    ANCHOR,
    ANCHOR_OF_BROWSERS,
    CERTIFICATE,
    KEY,
    LEAF,
    LEAF_OF_BROWSERS,
    SHA512,
    WHOLE,
    TlsaFit,
    TlsaRecord,
    TlsaSeen,
)
from auditor.model import Reason
from auditor.probe import Seen, Unseen

NO_RECORD = "the name has no TLSA record"


@derive_from_places(reads=(TlsaSeen, CertificateSeen, CertificateVariant), yields=TlsaFit)
def tlsa_fit(rows: Rows) -> TlsaFit:
    """One certificate that fits none of the records settles it; that all fit takes each of them. Raises Undecided."""
    records = _asked(rows)
    if records.why_not or not records.records:
        return _fit(records, (), records.why_not or NO_RECORD)
    doubts: list[Undecided] = []
    unfit: list[str] = []
    count = 0
    for where, seen in _shown(rows, doubts):
        count += 1
        fits = [_fits(record, seen) for record in records.records]
        if True in fits:
            continue
        if None in fits:
            detail = f"a TLSA record at {records.name} by SHA-512, or a key that was not read"
            doubts.append(Undecided(Reason.NOT_OBSERVED, detail))
        else:
            unfit.append(f"{where}: {seen.leaf.subject or 'a certificate without a name'}")
    if not unfit and (doubts or not count):
        raise doubts[0] if doubts else Undecided(Reason.NOT_OBSERVED, "no certificate was seen")
    return _fit(records, tuple(unfit), "")


def _asked(rows: Rows) -> TlsaSeen:
    """Raises Undecided."""
    for sight in rows[TlsaSeen].values():
        if isinstance(sight, Unseen):
            raise Undecided(sight.reason, sight.detail)
        if isinstance(sight.facts, TlsaSeen):
            return sight.facts
    raise Undecided(Reason.NOT_OBSERVED, "the TLSA records")


def _fit(records: TlsaSeen, unfit: tuple[str, ...], why_not: str) -> TlsaFit:
    return TlsaFit(
        observed_at=records.observed_at,
        name=records.name,
        listed=tuple(record.text for record in records.records),
        is_signed=records.is_signed,
        unfit=unfit,
        why_not=why_not,
    )


def _shown(rows: Rows, doubts: list[Undecided]) -> Iterator[tuple[str, CertificateSeen]]:
    """What each address shows to whom. `doubts` grows by what was not seen."""
    for kind in (CertificateSeen, CertificateVariant):
        for locus, sight in sorted(rows.get(kind, {}).items()):
            match sight:
                case Unseen(reason=reason, detail=detail):
                    doubts.append(Undecided(reason, detail))
                case Seen(facts=CertificateSeen() as seen):
                    yield locus, seen
                case Seen(facts=CertificateVariant(seen=CertificateSeen() as seen, is_usual=False)):
                    yield locus, seen


def _fits(record: TlsaRecord, seen: CertificateSeen) -> bool | None:
    """None: that cannot be told."""
    if record.usage not in (ANCHOR_OF_BROWSERS, LEAF_OF_BROWSERS, ANCHOR, LEAF):
        return False  # clients pass over what they do not know (RFC 7671 section 4)
    if record.usage in (ANCHOR_OF_BROWSERS, LEAF_OF_BROWSERS) and not seen.end.is_anchored:
        return False
    if not record.sha256:
        return None if record.matching == SHA512 else False  # a hash of another kind or length fits nothing
    there = _hashes(record, seen)
    if there is not None and record.sha256 in there:
        return True
    return None if there is None or "" in there else False


def _hashes(record: TlsaRecord, seen: CertificateSeen) -> tuple[str, ...] | None:
    """SHA-256 of all that a record of this kind may name; None: nobody read it."""
    if record.selector not in (CERTIFICATE, KEY):
        return ()
    is_key = record.selector == KEY
    if record.usage in (LEAF, LEAF_OF_BROWSERS):
        if not is_key:
            return (seen.leaf.sha256,)
        return (seen.detail.spki_sha256,) if seen.detail else None
    issuers = (*seen.path[1:], *((seen.anchor,) if seen.anchor else ()))
    keys = seen.issuer_keys if is_key else tuple(one.sha256 for one in issuers)
    if keys is None or len(keys) != len(issuers):
        return None
    if record.usage == ANCHOR and record.matching != WHOLE:
        sent = {one.sha256 for one in seen.sent}  # a client has no other to compare with a hash (RFC 7671 section 5.2)
        return tuple(key for key, one in zip(keys, issuers, strict=True) if one.sha256 in sent)
    return keys


DERIVATIONS = (tlsa_fit,)
