"""Was a host key compared at all? Where nothing is pinned, nobody can say that it is the right one."""

from __future__ import annotations

from auditor.derive import Undecided, derive
from auditor.facts.ssh import KeyTrust, SshHostKey, SshHostKeyCompared
from auditor.model import Reason

HOW = "`auditor enrol` shows how to pin it"
NOT_COMPARED = frozenset({KeyTrust.NOTHING_PINNED, KeyTrust.NOT_CERTIFIED})


@derive(reads=(SshHostKey,), yields=SshHostKeyCompared)
def host_key_compared(seen: SshHostKey) -> SshHostKeyCompared:
    if seen.trust in NOT_COMPARED:
        raise Undecided(Reason.HOST_KEY_UNKNOWN, f"{seen.key_type} {seen.fingerprint}; {HOW}")
    return SshHostKeyCompared(
        observed_at=seen.observed_at, key_type=seen.key_type, fingerprint=seen.fingerprint, trust=seen.trust
    )


DERIVATIONS = (host_key_compared,)
