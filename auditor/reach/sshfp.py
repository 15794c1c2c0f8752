"""Host keys that a signed DNS zone vouches for (SSHFP, RFC 4255 and RFC 6594), by the word of a resolver of our own.

The resolver validates, and says so with one bit (AD). Whoever sits on the way can set it, so it is believed of a
resolver on this machine alone. Fingerprints with SHA-1 are passed over.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterable

import dns.flags
import dns.message
import dns.rdatatype
import dns.rdtypes.ANY.SSHFP

from auditor.reach.access import Target
from auditor.reach.dns import answer_of

SHA256 = 2
TYPES = {
    1: ("ssh-rsa",),
    3: ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    4: ("ssh-ed25519",),
}


def believed(nameservers: Iterable[Target]) -> Target | None:
    """The first resolver that the operator named on this machine."""
    return next((one for one in nameservers if ipaddress.ip_address(one.address).is_loopback), None)


def signed_fingerprints(name: str, nameserver: Target, *, seconds: float) -> frozenset[tuple[str, bytes]]:
    """(type of key, SHA-256 of its public blob) that the zone lists; none where its answer was not validated.

    Raises Unreachable(DNS).
    """
    answer = answer_of(name, dns.rdatatype.SSHFP, nameserver, time.monotonic() + seconds)
    if not answer.flags & dns.flags.AD:
        return frozenset()
    return frozenset(_listed(answer))


def _listed(answer: dns.message.Message) -> Iterable[tuple[str, bytes]]:
    for rows in answer.answer:
        for row in rows:
            if isinstance(row, dns.rdtypes.ANY.SSHFP.SSHFP) and row.fp_type == SHA256:
                yield from ((kind, row.fingerprint) for kind in TYPES.get(row.algorithm, ()))
