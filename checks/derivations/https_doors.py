"""Where the HTTPS records of a service lead, and which of that nobody looked at (RFC 9460). Knows no network."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.derive import Rows, Undecided, derive_from_places
from auditor.facts.names import NameChain
from auditor.facts.service_records import HttpsDoors, HttpsRecord, HttpsRecordsSeen
from auditor.facts.web import HttpsOffer
from auditor.model import Reason
from auditor.probe import Seen, Unseen

NO_RECORD = "the name has no HTTPS record"


@derive_from_places(reads=(HttpsRecordsSeen, HttpsOffer, NameChain), yields=HttpsDoors)
def https_doors(rows: Rows) -> HttpsDoors:
    """Addresses of other names are compared with those that were looked at. Raises Undecided."""
    seen = _asked(rows)
    looked_at = {locus.rpartition(":")[0].strip("[]") for locus in rows[HttpsOffer]} - {""}
    if seen.records and not looked_at:
        raise Undecided(Reason.NOT_OBSERVED, "no address of the service was looked at")
    names = {seen.name, *_aliases(rows)}
    return HttpsDoors(
        observed_at=seen.observed_at,
        listed=tuple(_listed(record, seen.port) for record in seen.records),
        unseen=tuple(dict.fromkeys(_unseen(seen, names, looked_at))),
        why_not=seen.why_not or ("" if seen.records else NO_RECORD),
    )


def _asked(rows: Rows) -> HttpsRecordsSeen:
    """Raises Undecided."""
    for sight in rows[HttpsRecordsSeen].values():
        if isinstance(sight, Unseen):
            raise Undecided(sight.reason, sight.detail)
        if isinstance(sight.facts, HttpsRecordsSeen):
            return sight.facts
    raise Undecided(Reason.NOT_OBSERVED, "the HTTPS records")


def _aliases(rows: Rows) -> Iterator[str]:
    for sight in rows.get(NameChain, {}).values():
        if isinstance(sight, Seen) and isinstance(sight.facts, NameChain):
            yield from sight.facts.aliases


def _unseen(seen: HttpsRecordsSeen, names: set[str], looked_at: set[str]) -> Iterator[str]:
    for record in seen.records:
        if not record.is_alias and record.port not in (None, seen.port):
            yield f"{record.target} at port {record.port}"
        elif record.addresses == () and record.target not in names:
            yield f"{record.target}, which has no address"
        elif record.target not in names and (others := [one for one in record.addresses or () if one not in looked_at]):
            yield f"{record.target} at {', '.join(others)}"


def _listed(record: HttpsRecord, port: int) -> str:
    if record.is_alias:
        return f"whatever {record.target} has"
    parts = (
        f"{record.target} at port {record.port or port}",
        f"protocols {' and '.join(record.protocols)}" if record.protocols else "",
        f"hints {', '.join(record.hints)}" if record.hints else "",
        "the name in the hello may be encrypted (ECH)" if record.has_ech else "",
    )
    return ", ".join(filter(None, parts))


DERIVATIONS = (https_doors,)
