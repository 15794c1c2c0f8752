"""The TLS version rules and the derivation before them: from the answers for all versions to verdicts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest

from auditor.check import Check
from auditor.derive import Undecided
from auditor.facts.tls import (
    Handshake,
    HandshakeEnd,
    LegacyTls,
    RefusedVersion,
    Ssl3,
    TlsVersion,
    TlsVersions,
    UnknownVersion,
)
from auditor.model import Outcome, Reason, Severity
from checks.derivations.tls_versions import DERIVATIONS, legacy_tls, ssl2
from checks.tls import CHECKS, legacy_version, ssl2_accepted

NOW = datetime(2026, 5, 4, tzinfo=UTC)
V = TlsVersion
STATES = ("accepted", "refused", "unknown")


def versions(accepted: str, unknown: str = "") -> TlsVersions:
    """Facts from letters: 2 and 3 for SSL, a b c d for TLS 1.0 to 1.3. What is not named is refused."""
    letters = dict(zip("23abcd", V, strict=True))
    rest = "".join(letter for letter in letters if letter not in accepted + unknown)
    return TlsVersions(
        observed_at=NOW,
        accepted=frozenset(letters[letter] for letter in accepted),
        refused=tuple(RefusedVersion(version=letters[letter], answer="alert 70") for letter in rest),
        unknown=tuple(UnknownVersion(version=letters[x], reason="timeout", detail="x") for x in unknown),
        control=max(letters[letter] for letter in accepted),
        control_held=True,
    )


def outcomes(seen: TlsVersions) -> dict[str, str]:
    """Check id → pass, fail, or the reason for which it stays unknown."""
    found: dict[str, str] = {}
    for check in CHECKS:
        (derivation,) = [each for each in DERIVATIONS if each.yields is check.reads]
        try:
            found[check.id] = check.judge(derivation.derive(seen)).outcome.value
        except Undecided as undecided:
            found[check.id] = undecided.reason.word
    return found


IDS = ("tls-ssl2-accepted", "tls-ssl3-accepted", "tls-legacy-version", "tls-no-modern-version", "tls-no-tls13")


@pytest.mark.parametrize(
    ("accepted", "unknown", "expected"),
    [
        pytest.param("cd", "", "pass pass pass pass pass", id="modern"),
        pytest.param("c", "", "pass pass pass pass fail", id="1.2 only"),
        pytest.param("d", "", "pass pass pass pass pass", id="1.3 only"),
        pytest.param("abcd", "", "pass pass fail pass pass", id="1.0 and 1.1 beside modern"),
        pytest.param("bcd", "", "pass pass fail pass pass", id="1.1 beside modern"),
        pytest.param("a", "", "pass pass fail fail fail", id="1.0 only"),
        pytest.param("3", "", "pass fail pass fail fail", id="SSL 3.0 only"),
        pytest.param("2", "", "fail pass pass fail fail", id="SSL 2.0 only"),
        pytest.param("23abcd", "", "fail fail fail pass pass", id="everything"),
        pytest.param("cd", "23ab", "timeout timeout timeout pass pass", id="old ones unseen"),
        pytest.param("acd", "b", "pass pass fail pass pass", id="one bad is enough"),
        pytest.param("cd", "b", "pass pass timeout pass pass", id="one unseen is not health"),
        pytest.param("c", "d", "pass pass pass pass timeout", id="1.3 unseen"),
        pytest.param("d", "c", "pass pass pass pass pass", id="1.2 unseen does not matter beside 1.3"),
        pytest.param("a", "cd", "pass pass fail timeout timeout", id="modern ones unseen"),
        pytest.param("a", "c", "pass pass fail timeout fail", id="1.2 unseen, 1.3 refused"),
    ],
)
def test_verdicts(accepted: str, unknown: str, expected: str) -> None:
    assert outcomes(versions(accepted, unknown)) == dict(zip(IDS, expected.split(), strict=True))


def test_making_any_answer_unknown_never_turns_a_check_to_pass() -> None:
    for states in product(STATES, repeat=6):
        names = {state: "".join(x for x, s in zip("23abcd", states, strict=True) if s == state) for state in STATES}
        if not names["accepted"]:
            continue
        before = outcomes(versions(names["accepted"], names["unknown"]))
        for letter in names["refused"] + names["accepted"]:
            accepted = names["accepted"].replace(letter, "")
            if not accepted:
                continue
            after = outcomes(versions(accepted, names["unknown"] + letter))
            for check, outcome in after.items():
                assert outcome != "pass" or before[check] == "pass"


def test_severities_are_those_of_the_calibration() -> None:
    severities = {check.id: check.severity for check in CHECKS}
    assert severities == dict(
        zip(IDS, (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.CRITICAL, Severity.LOW), strict=True)
    )


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_fix_is_printed_whole(check: Check[LegacyTls]) -> None:
    """A line of a docstring that begins with "Word:" would end the section before it."""
    assert {"nginx", "Apache"} <= set(check.fix.replace(":", " ").split())
    assert check.fix.endswith(".")
    assert check.why.endswith(".")


def test_the_evidence_names_the_version_and_its_answer() -> None:
    facts = LegacyTls(
        observed_at=NOW,
        accepted=frozenset({V.TLS11}),
        refused=(RefusedVersion(version=V.TLS10, answer="alert 70 (protocol_version)"),),
    )
    (check,) = [each for each in CHECKS if each.reads is LegacyTls]
    verdict = check.judge(facts)
    assert verdict.outcome is Outcome.FAIL
    assert [(row.looked_at, row.seen.split(":")[0]) for row in verdict.evidence] == [
        ("a TLS 1.0 hello", "refused"),
        ("a TLS 1.1 hello", "accepted"),
    ]
    assert "alert 70" in verdict.evidence[0].seen


def test_the_reason_of_the_unknown_version_is_kept() -> None:
    seen = TlsVersions(
        observed_at=NOW,
        accepted=frozenset({V.TLS12, V.TLS13}),
        refused=tuple(RefusedVersion(version=v, answer="alert 70") for v in (V.SSL2, V.TLS10, V.TLS11)),
        unknown=(UnknownVersion(version=V.SSL3, reason="throttled", detail="the control failed"),),
        control=V.TLS13,
        control_held=False,
    )
    (derivation,) = [each for each in DERIVATIONS if each.yields is Ssl3]
    with pytest.raises(Undecided) as caught:
        derivation.derive(seen)
    assert caught.value.reason is Reason.THROTTLED
    assert "SSL 3.0" in caught.value.detail


REST = tuple(RefusedVersion(version=v, answer="alert 70") for v in V if v is not V.TLS12)


@pytest.mark.parametrize(
    ("accepted", "refused", "unknown"),
    [
        pytest.param(frozenset(), (*REST, RefusedVersion(version=V.TLS12, answer="x")), (), id="nothing accepted"),
        pytest.param(frozenset({V.TLS12}), REST[1:], (), id="a version is missing"),
        pytest.param(frozenset({V.TLS12, V.SSL2}), REST, (), id="a version is named twice"),
        pytest.param(
            frozenset({V.TLS12}), REST, (UnknownVersion(version=V.TLS10, reason="timeout", detail=""),), id="doubled"
        ),
    ],
)
def test_facts_refuse_an_empty_or_twofold_truth(
    accepted: frozenset[V], refused: tuple[RefusedVersion, ...], unknown: tuple[UnknownVersion, ...]
) -> None:
    with pytest.raises(ValueError, match="version"):
        TlsVersions(
            observed_at=NOW,
            accepted=accepted,
            refused=refused,
            unknown=unknown,
            control=V.TLS12,
            control_held=True,
        )


def test_an_answer_is_refused_when_it_settles_nothing() -> None:
    with pytest.raises(ValueError, match="refused"):
        LegacyTls(observed_at=NOW, refused=(RefusedVersion(version=V.TLS10, answer="alert 70"),))
    with pytest.raises(ValueError, match="asked"):
        Ssl3(observed_at=NOW, accepted=frozenset({V.TLS10}))
    with pytest.raises(ValueError, match="control"):
        TlsVersions(observed_at=NOW, accepted=frozenset({V.TLS12}), refused=REST, control=V.TLS13, control_held=True)
    with pytest.raises(ValueError, match="explicit"):
        RefusedVersion(version=V.TLS10, answer="")
    with pytest.raises(ValueError, match="reason"):
        UnknownVersion(version=V.TLS10, reason="because", detail="")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (HandshakeEnd.COMPLETED, "; and a handshake was completed"),
        (HandshakeEnd.NOT_HERE, "; no handshake could be completed here: x"),
        (None, ""),
    ],
)
def test_the_evidence_tells_of_the_handshake(end: HandshakeEnd | None, said: str) -> None:
    detail = "x" if end is HandshakeEnd.NOT_HERE else ""
    tried = (Handshake(version=V.TLS10, suite=0x002F, end=end, detail=detail),) if end else ()
    answer = legacy_tls.derive(replace(versions("acd"), handshakes=tried))
    verdict = legacy_version.judge(answer)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.evidence[0].seen == f"accepted: ServerHello of this version{said}"


def test_a_completed_handshake_is_told_of_before_one_that_was_not() -> None:
    tried = tuple(
        Handshake(version=V.TLS10, suite=number, end=end, detail="" if end is HandshakeEnd.COMPLETED else "x")
        for number, end in ((4, HandshakeEnd.NOT_HERE), (0x2F, HandshakeEnd.COMPLETED), (5, HandshakeEnd.NOT_HERE))
    )
    answer = legacy_tls.derive(replace(versions("acd"), handshakes=tried))
    assert isinstance(answer, LegacyTls)
    assert [one.end for one in answer.handshakes] == [HandshakeEnd.COMPLETED]


@pytest.mark.parametrize(
    ("ciphers", "said"),
    [
        ((), []),
        ((0x010080, 0x020080), ["SSL_CK_RC4_128_WITH_MD5 (128 bits)", "SSL_CK_RC4_128_EXPORT40_WITH_MD5 (40 bits)"]),
        ((0xFFFFFF,), ["cipher 0xffffff"]),
        (tuple(range(64)), [f"cipher {number:#08x}" for number in range(12)]),
    ],
)
def test_the_ciphers_of_ssl2_are_told_one_by_one(ciphers: tuple[int, ...], said: list[str]) -> None:
    verdict = ssl2_accepted.judge(ssl2.derive(replace(versions("2cd"), ssl2_ciphers=ciphers)))
    assert verdict.outcome is Outcome.FAIL
    assert [row.seen for row in verdict.evidence[1:]] == [f"offers {one}" for one in said]
    assert ssl2_accepted.judge(ssl2.derive(versions("cd"))).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("reason", "control_held", "expected"),
    [
        ("inconsistent", False, "inconsistent"),
        ("throttled", False, "pass"),
        ("inconsistent", True, "pass"),
    ],
)
def test_one_good_version_is_not_enough_where_servers_behind_one_port_differ(
    reason: str, control_held: bool, expected: str
) -> None:
    """A contradicted handshake with an old version leaves the control as it was."""
    row = UnknownVersion(version=V.TLS10, reason=reason, detail="x")
    seen = replace(versions("cd", "a"), unknown=(row,), control_held=control_held)
    found = outcomes(seen)
    assert found["tls-no-modern-version"] == found["tls-no-tls13"] == expected
    assert found["tls-legacy-version"] == reason
