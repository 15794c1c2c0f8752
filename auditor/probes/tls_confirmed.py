"""What full handshakes make of the versions and suites that hellos found: confirmed, left as they are, or contradicted.

Judges nothing. Few handshakes, one for each finding: they cost a server what a visitor costs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from auditor.errors import Unreachable
from auditor.facts.cipher_suites import Strength, suite
from auditor.facts.tls import Handshake, HandshakeEnd, TlsVersions, UnknownVersion
from auditor.facts.tls_suites import TlsSuites, Unsettled, VersionSuites
from auditor.model import Reason
from auditor.probes.host_name import is_address, server_name
from auditor.probes.tls_handshakes import MOST_HANDSHAKES, OLD, Key, complete, to_complete, why_not_here
from auditor.probes.tls_topics import Unclear
from auditor.reach import Endpoint, Reach


def confirm(
    suites: TlsSuites, endpoint: Endpoint, reach: Reach, is_still_answered: Callable[[], bool]
) -> tuple[Handshake, ...]:
    """Try one handshake for each finding. `is_still_answered`: is the control hello? No contradiction outlives it."""
    made: list[Handshake] = []
    tried = 0
    for version, number in to_complete(suites.versions):
        if any(one.version is version and one.end is HandshakeEnd.COMPLETED for one in made) and not _is_weak(number):
            continue
        why = why_not_here(version, number)
        if not why and tried == MOST_HANDSHAKES:
            why = f"no more than {MOST_HANDSHAKES} are tried at one address"
        if why:
            made.append(Handshake(version=version, suite=number, end=HandshakeEnd.NOT_HERE, detail=why))
            continue
        tried += 1
        reach.part()
        one = _try((version, number), endpoint, reach)
        if one.end is HandshakeEnd.CONTRADICTED and not is_still_answered():
            one = replace(one, end=HandshakeEnd.NOT_HERE, detail=f"{one.detail}; but nor is the control hello answered")
        made.append(one)
    return tuple(made)


def _is_weak(number: int) -> bool:
    return suite(number).strength < Strength.STATIC


def _try(key: Key, endpoint: Endpoint, reach: Reach) -> Handshake:
    version, number = key
    try:
        name = "" if is_address(endpoint.host) else server_name(endpoint.host)
        with reach.stream(endpoint) as stream:
            return complete(stream, name, version, number)
    except Unreachable as error:
        return Handshake(version=version, suite=number, end=HandshakeEnd.NOT_HERE, detail=error.reason.phrase)


def amended_suites(suites: TlsSuites, handshakes: tuple[Handshake, ...]) -> TlsSuites | Unclear:
    """Without what a handshake contradicts: such a suite is neither taken nor declined."""
    rows = tuple(_amended_row(row, handshakes) for row in suites.versions)
    if not any(row.accepted for row in rows):
        return Reason.INCONSISTENT, "; ".join(row.unsettled.detail for row in rows if row.unsettled)
    return replace(suites, versions=rows, handshakes=handshakes)


def _amended_row(row: VersionSuites, handshakes: tuple[Handshake, ...]) -> VersionSuites:
    broken = {
        one.suite: one.detail
        for one in handshakes
        if one.version is row.version and one.end is HandshakeEnd.CONTRADICTED
    }
    if not broken:
        return row
    detail = "; ".join(f"{suite(number).name}: {said}" for number, said in broken.items())
    return replace(
        row,
        accepted=tuple(number for number in row.accepted if number not in broken),
        unsettled=row.unsettled or Unsettled(reason=Reason.INCONSISTENT.word, detail=detail),
    )


def amended_versions(versions: TlsVersions, handshakes: tuple[Handshake, ...]) -> TlsVersions | Unclear:
    """Without the old versions in which a handshake was contradicted and none completed."""
    ends = {version: [one for one in handshakes if one.version is version] for version in OLD}
    broken = {
        version: next(one.detail for one in found if one.end is HandshakeEnd.CONTRADICTED)
        for version, found in ends.items()
        if {one.end for one in found} & {HandshakeEnd.CONTRADICTED, HandshakeEnd.COMPLETED}
        == {HandshakeEnd.CONTRADICTED}
    }
    if versions.control in broken:
        return Reason.INCONSISTENT, f"{versions.control.label}: {broken[versions.control]}"
    unknown = tuple(
        UnknownVersion(version=version, reason=Reason.INCONSISTENT.word, detail=f"{version.label}: {detail}")
        for version, detail in broken.items()
        if version in versions.accepted
    )
    return replace(
        versions,
        accepted=versions.accepted - set(broken) if broken else versions.accepted,
        unknown=tuple(sorted((*versions.unknown, *unknown), key=lambda row: row.version)),
        handshakes=handshakes,
    )
