"""Hypothesis values for any facts type, made from the types of its fields; what its constructor refuses is left out.

A type whose fields depend on each other would refuse nearly all: what was drawn for it is mended first (`_mended`).
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import reject
from hypothesis import strategies as st

from auditor.facts import Facts, Plain
from auditor.facts.alt_svc import AlternativesRead
from auditor.facts.at_rest import Resting
from auditor.facts.caa import CaaSeen, CaaSet
from auditor.facts.certificate_variants import CertificateVariant, NamelessCertificate, Staple
from auditor.facts.certificates import CertificateSeen, LeafDetail
from auditor.facts.linux_server import LinuxServer
from auditor.facts.quic import QuicVersions
from auditor.facts.revocation import RevocationAnswer, RevocationSource, RevocationState
from auditor.facts.sampling import SampledContent
from auditor.facts.ssh import SshDoor
from auditor.facts.storage import BlockLevel, PartState
from auditor.facts.storage_effect import Effect, EffectiveAccess
from auditor.facts.storage_objects import OldObjects
from auditor.facts.tls import RefusedVersion, TlsVersion, TlsVersions, UnknownVersion, VersionAnswer
from auditor.facts.tls_suites import SuitePreference
from auditor.facts.vulnerabilities import PROOFS, Renegotiation, RenegotiationAnswer
from auditor.model import Reason
from tests.derivations.block_graphs import disk, graph, on

TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
ODD = ("", "*", "=cmd()", "\x1b[2J", "<b>", "a\x00b", "0", "none", "ssh-rsa", "192.0.2.1", "arn:aws:s3:::b", "a.gov")
TEXTS = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8"), max_size=12)
NUMBERS = st.sampled_from((0, 1, -1, 443, 2048, 0x0303, 0x0304, 2**31)) | st.integers(-(2**40), 2**40)
SCALARS: dict[object, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: NUMBERS,
    str: TEXTS,
    datetime: TIMES,
    type(None): st.none(),
}


REASONS = st.sampled_from([reason.word for reason in Reason])
NAMES = st.sampled_from(((), ("dm-0",), ("sda", "dm-\x1b[2J")))
# What is drawn by itself elsewhere, or matters only as a list of names, is not drawn in full again.
FIELDS: dict[tuple[type[Plain], str], st.SearchStrategy[Any]] = {
    (UnknownVersion, "reason"): REASONS,
    (LinuxServer, "graph"): st.just(graph([disk("sda")], [on("sda")])),
    (LinuxServer, "privileged"): st.none(),
    (LinuxServer, "settings"): st.none(),
    (Resting, "layers"): NAMES,
    (Resting, "plain_on"): NAMES,
    (SshDoor, "identification"): st.sampled_from(
        ("SSH-2.0-OpenSSH_9.2", "SSH-1.99-Cisco-1.25", "SSH-1.5-\x1b[2J", "SSH-2.0-")
    ),
}
Drawn = dict[str, Any]


def _mend_versions(drawn: Drawn) -> Drawn:
    """Each version is accepted, refused or unknown, and the control is an accepted one."""
    accepted = drawn["accepted"] or frozenset({TlsVersion.TLS12})
    rest = [version for version in TlsVersion if version not in accepted]
    refused, unknown = rest[: len(drawn["refused"])], rest[len(drawn["refused"]) :]
    return {
        **drawn,
        "accepted": accepted,
        "refused": tuple(RefusedVersion(version=version, answer="alert 70") for version in refused),
        "unknown": tuple(UnknownVersion(version=version, reason="timeout", detail="") for version in unknown),
        "control": max(accepted),
    }


def _mend_answer(asks: tuple[TlsVersion, ...], drawn: Drawn) -> Drawn:
    """Some of what was asked for is accepted and the rest refused, or all of it is refused."""
    accepted = frozenset(drawn["accepted"] & set(asks))
    refused = tuple(RefusedVersion(version=version, answer="alert 70") for version in asks if version not in accepted)
    return {**drawn, "accepted": accepted, "refused": refused}


def _mend_certificate(drawn: Drawn) -> Drawn:
    """The leaf comes first wherever it stands, and there is an anchor where the path has one."""
    leaf = drawn["leaf"]
    return {
        **drawn,
        "sent": (leaf, *drawn["sent"]),
        "sent_count": abs(drawn["sent_count"]) + 1,
        "path": (leaf, *drawn["path"]),
        "anchor": (drawn["anchor"] or leaf) if drawn["end"].is_anchored else None,
    }


def _mend_leaf_detail(drawn: Drawn) -> Drawn:
    """Modulus and exponent are numbers, both or none."""
    exponent = drawn["exponent"] and f"{len(drawn['exponent']):x}"
    modulus = exponent and f"{sum(drawn['modulus'].encode()) * 7 + 1:x}"
    return {**drawn, "modulus": modulus, "exponent": exponent}


def _mend_shown(drawn: Drawn) -> Drawn:
    """A certificate is shown, or refused with a word."""
    return {**drawn, "refusal": "" if drawn["seen"] else drawn["refusal"] or "alert 40"}


def _mend_staple(drawn: Drawn) -> Drawn:
    return {**drawn, "problem": "" if drawn["answer"] else drawn["problem"] or "unreadable"}


def _mend_revocation(drawn: Drawn) -> Drawn:
    """Where nobody was asked, nobody said anything."""
    if drawn["source"] is RevocationSource.NONE:
        return {**drawn, "state": RevocationState.GOOD, "said_at": None}
    return {**drawn, "said_at": drawn["said_at"] or datetime(2026, 1, 1, tzinfo=UTC)}


def _mend_caa_set(drawn: Drawn) -> Drawn:
    return {**drawn, "found_at": (drawn["found_at"] or "a.gov") if drawn["records"] else ""}


def _mend_caa(drawn: Drawn) -> Drawn:
    return {**drawn, "why_not": "" if drawn["for_name"] else drawn["why_not"] or "by address"}


def _mend_quic(drawn: Drawn) -> Drawn:
    """Who advertises it names a version, of 32 bits."""
    versions = tuple(version & 0xFFFFFFFF for version in drawn["versions"]) or (1,)
    return {**drawn, "versions": versions if drawn["protocols"] else ()}


def _mend_alternatives(drawn: Drawn) -> Drawn:
    return {**drawn, "alternatives": drawn["alternatives"] if drawn["headers"] else ()}


def _mend_door(drawn: Drawn) -> Drawn:
    """Of each sort of algorithms there is one."""
    return {name: value or ("none",) if isinstance(value, tuple) else value for name, value in drawn.items()}


def _mend_old_objects(drawn: Drawn) -> Drawn:
    """No part is larger than its whole."""
    plain, sent = abs(drawn["without_encryption"]), abs(drawn["customer_key"])
    headed = plain + sent + abs(drawn["headed"])
    old = headed + abs(drawn["old"])
    counts = {"without_encryption": plain, "customer_key": sent, "headed": headed, "old": old}
    why = "" if drawn["is_complete"] else "timeout"
    return {**drawn, **counts, "counted": old + abs(drawn["counted"]), "why_incomplete": why}


def _mend_effect(drawn: Drawn) -> Drawn:
    """Something was tried where that was allowed, and nowhere else."""
    tried = [one for name, one in drawn.items() if name.endswith(("listing", "reading"))]
    return {**drawn, "is_allowed": any(one.effect is not Effect.NOT_ASKED for one in tried)}


def _mend_sample(drawn: Drawn) -> Drawn:
    """Something was read, or there is a reason; no part is larger than its whole."""
    read = 0 if drawn["why_not"] else abs(drawn["read"]) + 1
    unread = abs(drawn["unread"]) + 1 if drawn["why_unread"] else 0
    picked = read + unread + abs(drawn["picked"])
    return {**drawn, "read": read, "unread": unread, "picked": picked, "listed": picked + abs(drawn["listed"])}


def _mend_preference(drawn: Drawn) -> Drawn:
    """What is picked was offered."""
    offered = drawn["offered"] or (0,)
    picked, again = (offered[drawn[name] % len(offered)] for name in ("picked", "picked_again"))
    return {**drawn, "picked": picked, "picked_again": again}


def _mend_renegotiation(drawn: Drawn) -> Drawn:
    """As many handshakes were completed as the answer says, and two conversations agree with some tool's word."""
    answer, more = drawn["answer"], abs(drawn["asked"]) + 1
    accepted = abs(drawn["accepted"]) + 1 if answer in PROOFS else 0
    return {
        **drawn,
        "conversations": abs(drawn["conversations"]) + 2,
        "versions": drawn["versions"] or (TlsVersion.TLS12,),
        "tool": drawn["tool"] or "0",
        "accepted": accepted,
        "asked": accepted if answer is RenegotiationAnswer.ACCEPTED else accepted + more,
        "is_bound": None if answer is RenegotiationAnswer.NO_OLD_TLS else bool(drawn["is_bound"]),
    }


# What is mended by its type alone.
MENDED: dict[type[Plain], Callable[[Drawn], Drawn]] = {
    LeafDetail: _mend_leaf_detail,
    CertificateVariant: _mend_shown,
    NamelessCertificate: _mend_shown,
    Staple: _mend_staple,
    RevocationAnswer: _mend_revocation,
    CaaSet: _mend_caa_set,
    CaaSeen: _mend_caa,
    QuicVersions: _mend_quic,
    AlternativesRead: _mend_alternatives,
    SshDoor: _mend_door,
    OldObjects: _mend_old_objects,
    EffectiveAccess: _mend_effect,
    SampledContent: _mend_sample,
    SuitePreference: _mend_preference,
    Renegotiation: _mend_renegotiation,
}


def _mend_block(drawn: Drawn) -> Drawn:
    """Only a level that is set blocks anything, and only one that was not seen has a reason."""
    state = drawn["state"]
    flags = {name: state is PartState.SET and value for name, value in drawn.items() if isinstance(value, bool)}
    return {**drawn, **flags, "reason": "timeout" if state is PartState.UNSEEN else ""}


def _mended(made: type[Plain], drawn: Drawn) -> Drawn:
    if issubclass(made, TlsVersions):
        return _mend_versions(drawn)
    if issubclass(made, VersionAnswer):
        return _mend_answer(made.asks, drawn)
    if issubclass(made, BlockLevel):
        return _mend_block(drawn)
    if issubclass(made, CertificateSeen):
        return _mend_certificate(drawn)
    return MENDED[made](drawn) if made in MENDED else drawn


def facts_of(facts_type: type[Facts]) -> st.SearchStrategy[Any]:
    return _values(facts_type)


def _values(hint: object) -> st.SearchStrategy[Any]:
    """Values of one annotated type: those that facts may hold, and no other."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if origin in (Union, types.UnionType):
        return st.one_of([_values(part) for part in inner])
    if origin is frozenset:
        return st.frozensets(_values(inner[0]), max_size=4)
    if origin is tuple:
        return _tuples(inner)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and is_dataclass(hint) and issubclass(hint, Plain):
        return st.deferred(lambda: _built(hint))
    raise TypeError(f"{hint!r} may not be part of facts")


def _tuples(inner: tuple[object, ...]) -> st.SearchStrategy[Any]:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return st.lists(_values(inner[0]), max_size=4).map(tuple)
    return st.tuples(*(_values(part) for part in inner))


def _built(made: type[Plain]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(made)
    parts = {field.name: _field(made, field.name, hints[field.name]) for field in fields(made)}
    return st.fixed_dictionaries(parts).map(_constructor(made))


def _field(made: type[Plain], name: str, hint: object) -> st.SearchStrategy[Any]:
    return FIELDS[made, name] if (made, name) in FIELDS else _values(hint)


def _constructor(made: type[Plain]) -> Callable[[Drawn], Plain]:
    def construct(drawn: Drawn) -> Plain:
        try:
            return made(**_mended(made, drawn))
        except ValueError:  # an empty truth, or one that contradicts itself
            reject()

    return construct
