"""What our own probes say of a server, in the words of `said`."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.facts.base import Facts
from auditor.facts.certificate_variants import CertificateVariant
from auditor.facts.certificates import CertificateSeen
from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import group_name
from auditor.facts.tls import TlsVersions
from auditor.facts.tls_exchange import DhPrimes, FallbackAnswer, TlsFallback, TlsGroups, TlsOptions
from auditor.facts.tls_suites import TlsSuites
from auditor.model import Asset
from auditor.observe import observe_with
from auditor.probe import Seen
from auditor.probes.tls import TlsProbe
from auditor.probes.tls_port import TlsPortProbe
from auditor.reach import Access, Limits, Reaches, Target
from tests.peers.said import (
    COMPRESSION,
    FALLBACK,
    GROUPS,
    MASTER_SECRET,
    NO,
    PRIMES,
    RENEGOTIATION,
    SERIALS,
    VERSIONS,
    YES,
    Place,
    Said,
    suites_of,
)
from tests.probes.variants_rig import variants_at

SCHEMES = {"smtp": "smtp", "imap": "imap", "pop3": "pop3", "ldap": "ldap", "postgres": "postgresql", "mysql": "mysql"}
LIMITS = Limits(pause_s=0.0, connections_per_host=400)
Topics = dict[str, frozenset[str]]


def we_say(place: Place) -> Said:
    topics: Topics = {}
    open_ends: dict[tuple[str, str], str] = {}
    for facts in _facts(place):
        topics |= {topic: topics.get(topic, NO) | found for topic, found in _topics(facts).items()}
        open_ends |= _open_ends(facts)
    return Said(topics, open_ends=open_ends)


def _facts(place: Place) -> Iterable[Facts]:
    scheme = SCHEMES[place.starttls] if place.starttls else "https"
    kind = "tls" if place.starttls else "web"
    asset = Asset(id="a", kind=kind, address=f"{scheme}://{place.name}:{place.port}", system="s")
    places = {(place.name, place.port): (Target(place.address, place.port),)}
    reach = Reaches(Access(limits=LIMITS, connect_to=places)).of(asset)
    said = list(observe_with(TlsPortProbe() if place.starttls else TlsProbe(), asset, reach))
    if not place.starttls:
        said += variants_at(place.name, place.port, reach, reach)
    return [one.facts for one in said if isinstance(one, Seen)]


def _topics(facts: Facts) -> Topics:
    match facts:
        case TlsVersions(accepted=accepted):
            return {VERSIONS: frozenset(version.value for version in accepted)}
        case TlsSuites(versions=rows):
            return {suites_of(row.version.value): frozenset(suite(one).name for one in row.accepted) for row in rows}
        case TlsGroups() as groups:
            return {GROUPS: frozenset(group_name(number) for number in (*groups.in_tls13, *groups.in_older))}
        case DhPrimes(primes=primes):
            return {PRIMES: frozenset(str(prime.bits) for prime in primes)}
        case CertificateSeen(leaf=leaf) | CertificateVariant(seen=CertificateSeen(leaf=leaf)):
            return {SERIALS: frozenset({leaf.serial})}
        case TlsOptions(hello=hello) if hello is not None:
            return {
                MASTER_SECRET: YES if hello.has_extended_master_secret else NO,
                RENEGOTIATION: YES if hello.has_secure_renegotiation else NO,
                COMPRESSION: YES if hello.compression else NO,
            }
        case TlsFallback(answer=answer) if answer is not FallbackAnswer.NOT_ASKED:
            return {FALLBACK: YES if answer is FallbackAnswer.STOPPED else NO}
    return {}


def _open_ends(facts: Facts) -> dict[tuple[str, str], str]:
    match facts:
        case TlsVersions(unknown=unknown):
            return {(VERSIONS, row.version.value): row.reason for row in unknown}
        case TlsSuites(versions=rows):
            return {(suites_of(row.version.value), ""): row.unsettled.reason for row in rows if row.unsettled}
        case TlsGroups(open_in_tls13=newer, open_in_older=older):
            left = newer or older
            return {(GROUPS, ""): left.reason} if left else {}
        case DhPrimes(unsettled=one) if one:
            return {(PRIMES, ""): one.reason}
    return {}
