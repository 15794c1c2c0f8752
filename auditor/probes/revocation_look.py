"""The look at the path of one address, and what the authorities say of it. Must not know what that is worth.

The list comes first: one answers for all certificates of an issuer. OCSP is asked only where a certificate names no
list at an http address; one that names other places alone (ldap, as authorities of Windows domains do) is not asked
about, and nobody says that it names none. Nothing is asked of the audited server but one handshake.
"""

from __future__ import annotations

from itertools import pairwise

from cryptography import x509

from auditor.errors import Unreachable
from auditor.facts.certificates import PathEnd
from auditor.facts.revocation import Revocation, RevocationAnswer, RevocationSource, RevocationState
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.probes.any_curve import first_as_anybody
from auditor.probes.certificate import load, parse_certificate
from auditor.probes.certificate_path import find_path, readable
from auditor.probes.chain_reader import fetch_issuer
from auditor.probes.crl import crl_url, names_a_list, parse_crl
from auditor.probes.handshake import Declined, shake_hands
from auditor.probes.handshake_talk import Wants
from auditor.probes.host_name import server_name
from auditor.probes.ocsp import ocsp_question, ocsp_url, parse_ocsp, responders
from auditor.probes.redirects import shown, twice
from auditor.probes.repository import fetch
from auditor.probes.trust_store import trust_store
from auditor.reach import Endpoint, Reach

LIST_BYTES = 10_485_760  # the longest lists of public authorities hold some megabytes
LIST_S = 20.0
ANSWER_BYTES = 65_536
Path = tuple[x509.Certificate, ...]


def look_at_revocation(endpoint: Endpoint, reach: Reach, way: Reach) -> Seen | Unseen:
    """Of one address. `way`: the reach whose connections begin where TLS does. Authorities are asked by `reach`."""
    try:
        return Seen(_look(endpoint, reach, way), endpoint.locus)
    except Unreachable as error:
        return Unseen(Revocation, endpoint.locus, error.reason, error.detail)


def _look(endpoint: Endpoint, reach: Reach, way: Reach) -> Revocation:
    name = server_name(endpoint.host)

    def shake(wants: Wants) -> tuple[bytes, ...]:
        with way.stream(endpoint) as stream:
            hands = shake_hands(stream, name, wants)
        if isinstance(hands, Declined):
            raise Unreachable(hands.reason, endpoint.locus)
        return hands.certificates

    certificates = first_as_anybody(lambda wants: twice(way, endpoint, lambda: shake(wants)))
    said = answers_of(certificates, endpoint, reach)
    leaf = parse_certificate(load(certificates[0]))
    return Revocation(
        observed_at=reach.now(),
        asked_name=name,
        answers=said,
        lifetime_s=int((leaf.not_after - leaf.not_before).total_seconds()) + 1,
        is_public_store=trust_store(reach.access.ca_file).is_public,
    )


def answers_of(sent: tuple[bytes, ...], endpoint: Endpoint, reach: Reach) -> tuple[RevocationAnswer, ...]:
    """What the authorities say of the path of a chain as it was sent, DER, leaf first. Raises Unreachable."""
    store = trust_store(reach.access.ca_file)
    path = find_path((load(sent[0]), *readable(sent[1:])), store, lambda url: fetch_issuer(reach, url))
    if path.anchor is None:
        is_open = path.end is PathEnd.ISSUER_MISSING
        raise Unreachable(Reason.CHAIN_INCOMPLETE if is_open else Reason.UNTRUSTED, endpoint.locus)
    return answers(
        path.certificates if path.anchor == path.certificates[-1] else (*path.certificates, path.anchor), reach
    )


def answers(chain: Path, reach: Reach) -> tuple[RevocationAnswer, ...]:
    """One for each certificate but the last, which nobody takes back; a single one vouches for itself.

    A certificate that was taken back settles the question. Else every answer is needed: raises Unreachable with the
    first reason for which one could not be had.
    """
    if len(chain) == 1:
        return (_nobody(chain[0]),)
    found: list[RevocationAnswer] = []
    missing: Unreachable | None = None
    for certificate, issuer in pairwise(chain):
        try:
            found.append(_answer(certificate, issuer, reach))
        except Unreachable as error:
            missing = missing or error
    if missing and not any(one.state is RevocationState.REVOKED for one in found):
        raise missing
    return tuple(found)


def _answer(certificate: x509.Certificate, issuer: x509.Certificate, reach: Reach) -> RevocationAnswer:
    url = crl_url(certificate)
    if url:
        content = fetch(reach, url, max_bytes=LIST_BYTES, seconds=LIST_S)
        return parse_crl(content, certificate, issuer, now=reach.now(), url=shown(url))
    responder = ocsp_url(certificate)
    if responder:
        content = fetch(reach, ocsp_question(responder, certificate, issuer), max_bytes=ANSWER_BYTES)
        said = parse_ocsp(
            content, certificate, issuer, now=reach.now(), source=RevocationSource.OCSP, url=shown(responder)
        )
        if said.state is RevocationState.UNKNOWN_THERE:
            raise Unreachable(Reason.INCONSISTENT, f"the responder {shown(responder)} does not know the certificate")
        return said
    if names_a_list(certificate) or responders(certificate):
        subject = parse_certificate(certificate).subject
        raise Unreachable(Reason.NOT_OBSERVED, f"whether {subject!r} was revoked: it names no http:// address to ask")
    return _nobody(certificate)


def _nobody(certificate: x509.Certificate) -> RevocationAnswer:
    short = parse_certificate(certificate)
    return RevocationAnswer(subject=short.subject, serial=short.serial, source=RevocationSource.NONE)
