"""Finds the way from a leaf to a trust anchor, and says where it ends. Must not know what an end is worth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from cryptography import x509

from auditor.errors import Unreachable
from auditor.facts.certificates import Certificate, CertificateSeen, PathEnd
from auditor.model import Reason
from auditor.probes.certificate import is_issued_by, load, parse_certificate, parse_issuer_urls, parse_names
from auditor.probes.leaf_detail import parse_leaf_detail
from auditor.probes.public_key import key_sha256
from auditor.probes.trust_store import Refusal, TrustStore
from auditor.records import dataclass

FETCHES = 3  # issuers asked for at most; real paths miss one
SIGNATURES = 400  # checked at most while a path is walked: pathological chains end with a reason, not with time
SENT_KEPT = 10  # certificates of those sent that are kept in short
PATH_LENGTH = 10  # certificates of a path that are walked where no anchor is reached

FetchIssuer = Callable[[str], x509.Certificate]


@dataclass(frozen=True, slots=True)
class Path:
    """`certificates`: leaf first; the anchor only where it is the leaf. `issuer_fetch`: what came of asking, or ""."""

    certificates: tuple[x509.Certificate, ...]
    anchor: x509.Certificate | None
    end: PathEnd
    refusal: str = ""
    issuer_fetch: str = ""


def find_path(sent: tuple[x509.Certificate, ...], store: TrustStore, fetch: FetchIssuer | None) -> Path:
    """The path of the leaf `sent[0]`, with the rest of `sent` in any order.

    `fetch` gets a URL and returns the issuer, or raises Unreachable; None: nobody may be asked. Raises
    Unreachable(TOO_LONG) where no anchor is near and the certificates are too many to walk.
    """
    leaf, others = sent[0], sent[1:]
    added: tuple[x509.Certificate, ...] = ()
    told = ""
    while True:
        found = store.path(leaf, others + added)
        if not isinstance(found, Refusal):
            return _anchored(found, sent, store, told, is_helped=bool(added))
        path = _open_path(leaf, others + added, found, told)
        if path.end is not PathEnd.ISSUER_MISSING or fetch is None or len(added) == FETCHES:
            return path
        try:
            added += (_missing_issuer(path.certificates[-1], fetch),)
            told = "fetched from where the certificate points"
        except Unreachable as error:
            return _open_path(leaf, others + added, found, str(error))


def _anchored(
    found: tuple[x509.Certificate, ...],
    sent: tuple[x509.Certificate, ...],
    store: TrustStore,
    told: str,
    *,
    is_helped: bool,
) -> Path:
    """A path that ends in the store. An intermediate that only the store holds is help, too, if its root is there."""
    top = found[-1]
    lent = len(found) > 1 and top not in sent and not is_issued_by(top, top) and store.knows_issuer_of(top)
    end = PathEnd.ANCHORED_WITH_HELP if is_helped or lent else PathEnd.ANCHORED
    return Path(found[:-1] or found, top, end, issuer_fetch=told)


def _open_path(leaf: x509.Certificate, others: tuple[x509.Certificate, ...], refusal: Refusal, told: str) -> Path:
    """A path that does not end in the store, walked by signatures as far as it goes."""
    walked = _walk(leaf, others)
    top = walked[-1]
    if not refusal.is_open_end:
        return Path(walked, None, PathEnd.REFUSED, refusal.words, told)
    if not is_issued_by(top, top):
        return Path(walked, None, PathEnd.ISSUER_MISSING, "", told)
    return Path(walked, None, PathEnd.SELF_SIGNED if len(walked) == 1 else PathEnd.UNKNOWN_ROOT, "", told)


def _walk(leaf: x509.Certificate, others: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """Raises Unreachable(TOO_LONG) where that takes more signatures than we check."""
    walked = [leaf]
    others = tuple(dict.fromkeys(others))
    tried = 0
    while len(walked) < PATH_LENGTH and not is_issued_by(walked[-1], walked[-1]):
        tried += len(others)
        if tried > SIGNATURES:
            raise Unreachable(Reason.TOO_LONG, f"the chain of {len(others) + 1} certificates")
        issuer = next((one for one in others if one not in walked and is_issued_by(walked[-1], one)), None)
        if issuer is None:
            break
        walked.append(issuer)
    return tuple(walked)


def _missing_issuer(certificate: x509.Certificate, fetch: FetchIssuer) -> x509.Certificate:
    """The issuer from the first http address that the certificate gives (RFC 5280 section 4.2.2.1)."""
    url = next((url for url in parse_issuer_urls(certificate) if url.lower().startswith("http://")), None)
    if url is None:
        raise Unreachable(Reason.GONE, "the certificate names no http address of its issuer")
    issuer = fetch(url)
    if not is_issued_by(certificate, issuer):
        raise Unreachable(Reason.MALFORMED, "what lies at the issuer's address is not the issuer")
    return issuer


def parse_shown(
    der: tuple[bytes, ...], *, asked_name: str, store: TrustStore, fetch: FetchIssuer | None, observed_at: datetime
) -> CertificateSeen:
    """What a server showed, as facts. Raises Unreachable: MALFORMED when the leaf, or an issuer that the path goes
    through, cannot be read; TOO_LONG for chains that no honest server sends.

    Other certificates after the leaf that cannot be read are counted and otherwise left aside.
    """
    leaf = load(der[0])
    names = parse_names(leaf)
    sent = (leaf, *readable(der[1:]))
    path = find_path(sent, store, fetch)
    short = {leaf: parse_certificate(leaf)} | _in_short(sent[:SENT_KEPT])
    anchors = (path.anchor,) if path.anchor else ()
    return CertificateSeen(
        observed_at=observed_at,
        asked_name=asked_name,
        leaf=short[leaf],
        dns_names=names.dns,
        ip_addresses=names.addresses,
        sent=tuple(short[one] for one in sent[:SENT_KEPT] if one in short),
        sent_count=len(der),
        path=_all_in_short(path.certificates),
        anchor=parse_certificate(path.anchor) if path.anchor else None,
        end=path.end,
        refusal=path.refusal,
        store=store.label,
        issuer_fetch=path.issuer_fetch,
        detail=parse_leaf_detail(leaf),
        is_public_store=store.is_public,
        issuer_keys=tuple(map(key_sha256, (*path.certificates[1:], *anchors))),
    )


def readable(der: tuple[bytes, ...]) -> tuple[x509.Certificate, ...]:
    """Those that are certificates, in order."""
    return tuple(one for one in map(_loaded, der) if one is not None)


def _loaded(der: bytes) -> x509.Certificate | None:
    try:
        return load(der)
    except Unreachable:
        return None


def _all_in_short(path: tuple[x509.Certificate, ...]) -> tuple[Certificate, ...]:
    """An issuer that is left out of a path would be one without a fault."""
    try:
        return tuple(map(parse_certificate, path))
    except Unreachable as error:
        raise Unreachable(error.reason, "an issuer of the certificate") from error


def _in_short(certificates: tuple[x509.Certificate, ...]) -> dict[x509.Certificate, Certificate]:
    """In short, those that can be read; each of them once."""
    short: dict[x509.Certificate, Certificate] = {}
    for one in certificates:
        with suppress(Unreachable):
            short[one] = parse_certificate(one)
    return short
