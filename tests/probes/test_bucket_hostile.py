"""Servers that deny, throttle, lie, drip and hang: every answer ends as a reason, soon, and never as health."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from auditor.facts.storage_account import AccessPoints, BucketOwner
from auditor.facts.storage_flows import BucketReplication
from auditor.model import Reason
from auditor.probe import Seen, Unseen
from auditor.reach.s3 import CALLS_PER_BUCKET, RETRIES_PER_BUCKET
from auditor.rig.hostile_s3 import hostile_s3
from auditor.rig.hostile_s3_answers import (
    DENIED,
    HTML,
    LISTING,
    NOT_CONFIGURED,
    SLOW_DOWN,
    SUB_RESOURCES,
    Behaviour,
    Drips,
    Drops,
    Hangs,
    Says,
    error,
)
from tests.probes.bucket_hostile_rig import PUBLIC_ACL, F, P, U
from tests.probes.bucket_road import BETTER, QUICK, access_to, credential, findings_of, look, outcomes_of

__all__ = ["credential"]


@pytest.fixture(autouse=True)
def _credential(credential: None) -> None:
    """Every test here signs."""


OPEN_TO_ALL = Says(
    '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}]}'
)
BAD = {**NOT_CONFIGURED, "policy": OPEN_TO_ALL, "acl": PUBLIC_ACL}


def test_the_healthy_bucket_passes_and_the_bad_one_fails_everything() -> None:
    with hostile_s3() as healthy:
        assert set(outcomes_of(look(access_to(healthy.url))).values()) == {P}
    with hostile_s3(BAD) as bad:
        assert set(outcomes_of(look(access_to(bad.url))).values()) == {F}


# What each denied call blinds on a healthy bucket, by checks; whatever is not named keeps its pass.
BLINDED = {
    "location": set(),
    "tagging": set(),
    "acl": {"bucket-public-acl", "bucket-acl-public-write"},  # that lists are off is the server's word, not evidence
    "policy": {"bucket-public-policy", "bucket-public-write", "bucket-plain-http"},
    "publicAccessBlock": {"bucket-public-acl", "bucket-acl-public-write"},  # a closed policy needs no block
    "ownershipControls": set(),  # IgnorePublicAcls closes the lists as well
    "encryption": {"bucket-not-encrypted"},
    "policyStatus": set(),
    "versioning": set(),
    "object-lock": set(),
    "replication": set(),
    "lifecycle": set(),
    "logging": set(),
    "website": set(),
}


@pytest.mark.parametrize("denied", SUB_RESOURCES)
def test_one_denied_call_blinds_only_what_rests_on_it(denied: str) -> None:
    with hostile_s3({denied: DENIED}) as server:
        findings = findings_of(look(access_to(server.url)))
    blind = {check for check, finding in findings.items() if finding.outcome is U}
    assert blind == BLINDED[denied]
    assert {findings[check].reason for check in blind} <= {"access_denied"}
    assert {finding.outcome for finding in findings.values()} <= {P, U}


@pytest.mark.parametrize("denied", [name for name, blind in BLINDED.items() if blind])
@pytest.mark.parametrize("table", [{}, BAD, NOT_CONFIGURED], ids=["healthy", "bad", "not configured"])
def test_denying_a_call_makes_no_verdict_better(table: dict[str, Behaviour], denied: str) -> None:
    with hostile_s3(table) as allowed, hostile_s3({**table, denied: DENIED}) as refusing:
        before, after = outcomes_of(look(access_to(allowed.url))), outcomes_of(look(access_to(refusing.url)))
    for check, outcome in after.items():
        assert outcome is U or BETTER[outcome] <= BETTER[before[check]], check


def test_denying_everything_passes_nothing_and_drops_no_row() -> None:
    with hostile_s3(otherwise=DENIED) as server:
        findings = findings_of(look(access_to(server.url)))
    assert {(finding.outcome, finding.reason) for finding in findings.values()} == {(U, "access_denied")}


HIDDEN = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "AccessDenied">]><Error><Code>&b;</Code></Error>'
BLINDING: dict[str, tuple[Behaviour, Reason]] = {
    "html": (Says(HTML), Reason.MALFORMED),
    "listing": (Says(LISTING), Reason.MALFORMED),
    "empty 200": (Says(""), Reason.MALFORMED),
    "truncated xml": (Says("<AccessControlPolicy><Owner>"), Reason.MALFORMED),
    "entities": (Says('<!DOCTYPE a [<!ENTITY b "c">]><Tagging><TagSet/></Tagging>'), Reason.MALFORMED),
    "entities in utf-16": (Says(HIDDEN.encode("utf-16"), 404), Reason.MALFORMED),
    "entities in utf-16 without its mark": (Says(HIDDEN.encode("utf-16-le"), 404), Reason.MALFORMED),
    "invalid utf-8": (Says(b"\xff\xfe{"), Reason.MALFORMED),
    "html 403": (Says(HTML, 403), Reason.ACCESS_DENIED),
    "html 404": (Says(HTML, 404), Reason.MALFORMED),
    "unheard-of error": (error("NoSuchThing", 404), Reason.MALFORMED),
    "nested error": (Says("<html><Error><Code><a/></Code></Error></html>", 400), Reason.MALFORMED),
    "nested code": (Says("<Error><Code><a/></Code></Error>", 404), Reason.MALFORMED),
    "not implemented": (error("NotImplemented", 501), Reason.NOT_IMPLEMENTED),
    "method not allowed": (error("MethodNotAllowed", 405), Reason.NOT_IMPLEMENTED),
    "slow down": (SLOW_DOWN, Reason.THROTTLED),
    "throttling": (error("Throttling", 400), Reason.THROTTLED),
    "bare 503": (Says("", 503), Reason.THROTTLED),
    "expired token": (error("ExpiredToken", 400), Reason.AUTH_FAILED),
    "clock skew": (error("RequestTimeTooSkewed", 403), Reason.AUTH_FAILED),
    "bucket deleted meanwhile": (error("NoSuchBucket", 404), Reason.GONE),
    "redirect to nowhere": (Says("", 301, {"Location": "http://127.0.0.1:9/"}), Reason.MALFORMED),
    "redirect to another region": (
        error("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-north-1"}),
        Reason.MALFORMED,
    ),
    "endless body": (Drips(), Reason.TOO_LONG),
    "drip": (Drips(b" ", 0.05), Reason.TIMEOUT),
    "dripping header": (Drips(b"x", 0.05, in_header=True), Reason.TIMEOUT),
    "silence": (Hangs(), Reason.TIMEOUT),
    "dropped connection": (Drops(), Reason.CLOSED),
    "short body": (Says("<Tagging>", 200, {"Content-Length": "500"}), Reason.TRUNCATED),
}
TEXTS = ("html", "listing", "empty 200", "entities", "invalid utf-8", "html 404", "endless body")
PLACES = [("encryption", name) for name in BLINDING] + [("policy", name) for name in TEXTS]


@pytest.mark.parametrize(("at", "name"), PLACES)
def test_a_hostile_answer_is_unseen_with_its_reason(at: str, name: str) -> None:
    behaviour, reason = BLINDING[name]
    stalls = isinstance(behaviour, Hangs) or (isinstance(behaviour, Drips) and behaviour.pause_s > 0)
    limits = replace(QUICK, operation_s=0.4) if stalls else QUICK
    if isinstance(behaviour, Says) and behaviour.headers.get("Content-Length"):
        behaviour = Says(behaviour.body, headers={**behaviour.headers, "Connection": "close"})
    with hostile_s3({at: behaviour}) as server:
        said = look(access_to(server.url, limits))
    unseen = {one.facts_type.__name__: one.reason for one in said if isinstance(one, Unseen)}
    assert unseen[{"policy": "BucketPolicy", "encryption": "BucketEncryption"}[at]] is reason
    assert BLINDED[at] <= {check for check, outcome in outcomes_of(said).items() if outcome is U}


@pytest.mark.parametrize("behaviour", [row[0] for row in BLINDING.values()], ids=list(BLINDING))
def test_a_server_that_only_misbehaves_passes_nothing_and_is_left_soon(behaviour: Behaviour) -> None:
    began = time.monotonic()
    with hostile_s3(otherwise=behaviour) as server:
        findings = findings_of(look(access_to(server.url, replace(QUICK, operation_s=0.4))))
        asked = len(server.asked)
    assert {finding.outcome for finding in findings.values()} == {U}
    assert asked <= CALLS_PER_BUCKET
    assert time.monotonic() - began < 5


OF_NO_SERVER = {AccessPoints, BucketOwner}  # a compatible server has neither, so it is not asked


def test_throttling_for_ever_is_retried_twice_and_then_never() -> None:
    with hostile_s3(otherwise=SLOW_DOWN) as server:
        said = look(access_to(server.url))
        assert len(server.asked) == len(SUB_RESOURCES) + RETRIES_PER_BUCKET
    assert {one.reason for one in said if isinstance(one, Unseen)} == {Reason.THROTTLED}
    assert {type(one.facts) for one in said if isinstance(one, Seen)} == OF_NO_SERVER


OFF = {"object-lock": "BucketLock", "replication": "BucketReplication", "website": "BucketWebsite"}
OF_EACH = {
    "policyStatus": "BucketPolicyStatus",
    "versioning": "BucketVersioning",
    "lifecycle": "BucketLifecycle",
    "logging": "BucketLogging",
    "tagging": "BucketTags",
    **OFF,
}
WRONG: dict[str, tuple[Behaviour, Reason]] = {
    "a listing of the bucket": (Says(LISTING), Reason.MALFORMED),
    "html": (Says(HTML), Reason.MALFORMED),
    "another error": (error("NoSuchThing", 404), Reason.MALFORMED),
    "denied": (DENIED, Reason.ACCESS_DENIED),
    "expired meanwhile": (error("ExpiredToken", 400), Reason.AUTH_FAILED),
    "deleted meanwhile": (error("NoSuchBucket", 404), Reason.GONE),
    "a bomb": (
        Says(
            '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><LifecycleConfiguration>&b;'
        ),
        Reason.MALFORMED,
    ),
    "invalid utf-8": (Says(b"<LifecycleConfiguration>\xff\xfe</LifecycleConfiguration>"), Reason.MALFORMED),
    "deep nesting": (Says("<LifecycleConfiguration>" + "<a>" * 20_000), Reason.MALFORMED),
}


@pytest.mark.parametrize(("behaviour", "reason"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_answer_about_any_setting_is_never_none(behaviour: Behaviour, reason: Reason) -> None:
    """All of the settings at once: each is unseen, and no lock, copy or website is seen not to be there."""
    with hostile_s3(dict.fromkeys(OF_EACH, behaviour)) as server:
        said = look(access_to(server.url))
    unseen = {one.facts_type.__name__: one.reason for one in said if isinstance(one, Unseen)}
    assert OF_EACH.keys() == {name for name, kind in OF_EACH.items() if unseen.get(kind) is reason}


SETTINGS: dict[str, tuple[str, str]] = {  # answers of the right name and another shape
    "a rule without a status": (
        "lifecycle",
        "<LifecycleConfiguration><Rule><ID>a</ID></Rule></LifecycleConfiguration>",
    ),
    "a rule of two prefixes": (
        "lifecycle",
        "<LifecycleConfiguration><Rule><Status>Enabled</Status><Prefix>a</Prefix><Filter><Prefix>b</Prefix></Filter>"
        "</Rule></LifecycleConfiguration>",
    ),
    "a rule below zero": (
        "lifecycle",
        "<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>-1</Days></Expiration></Rule>"
        "</LifecycleConfiguration>",
    ),
    "rules without a rule": ("lifecycle", "<LifecycleConfiguration/>"),
    "a versioning nobody knows": (
        "versioning",
        "<VersioningConfiguration><Status>off</Status></VersioningConfiguration>",
    ),
    "a lock without a word": ("object-lock", "<ObjectLockConfiguration/>"),
    "a lock of no length": (
        "object-lock",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
        "<Mode>COMPLIANCE</Mode></DefaultRetention></Rule></ObjectLockConfiguration>",
    ),
    "a copy to nowhere": (
        "replication",
        "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status></Rule></ReplicationConfiguration>",
    ),
    "a replication without rules": (
        "replication",
        "<ReplicationConfiguration><Role>r</Role></ReplicationConfiguration>",
    ),
    "a log to nowhere": ("logging", "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>"),
    "a status without a word": ("policyStatus", "<PolicyStatus/>"),
}


@pytest.mark.parametrize(("at", "body"), SETTINGS.values(), ids=list(SETTINGS))
def test_a_misshapen_setting_is_unseen(at: str, body: str) -> None:
    with hostile_s3({at: Says(body)}) as server:
        said = look(access_to(server.url))
    unseen = {one.facts_type.__name__: one.reason for one in said if isinstance(one, Unseen)}
    assert unseen == {OF_EACH[at]: Reason.MALFORMED}


def test_a_compatible_server_that_names_neither_role_nor_rule_copies_nothing() -> None:
    """Ceph 16.2, word for word, where nobody has set a replication; AWS has an error of its own for it."""
    said = '<ReplicationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Role></Role></ReplicationConfiguration>'
    with hostile_s3({"replication": Says(f'<?xml version="1.0" encoding="UTF-8"?>{said}')}) as server:
        seen = look(access_to(server.url))
    (copies,) = (one.facts for one in seen if isinstance(one, Seen) and isinstance(one.facts, BucketReplication))
    assert copies.rules is None
