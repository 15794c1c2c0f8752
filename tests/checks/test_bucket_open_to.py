"""Buckets that are open to networks, to services for whomever, and to principals that are gone."""

from __future__ import annotations

import json

import pytest

from auditor.model import Outcome
from checks import bucket_sharing, bucket_transport, buckets
from tests.checks.bucket_rows import CLOSED, OPEN_POLICY, OWN, SCOPE, F, P, U, judged
from tests.derivations.bucket_facts import allow, block, declared, deny, document, finding, policy, when
from tests.derivations.storage_samples import OTHER, OURS, owner

NETWORKS = [
    (P, OWN),
    (P, OPEN_POLICY),
    (F, document(allow(**when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (F, document(allow(), deny(**when("NotIpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, document(allow(), deny(**when("NotIpAddress", "aws:SourceIp", "198.51.100.0/24")))),
    (F, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.0/23")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.0/24")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "198.51.100.255")))),
    (P, document(allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8")))),
    (F, document(allow(**when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8")))),
    (P, document(allow(Principal={"AWS": OURS}, **when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, document(allow(Principal={"AWS": OTHER}, **when("IpAddress", "aws:SourceIp", "8.8.8.0/24")))),
    (P, None),
    (U, "{"),
]


@pytest.mark.parametrize(("wanted", "text"), NETWORKS)
def test_open_to_networks(wanted: Outcome, text: str | None) -> None:
    said = declared(own_accounts=(OURS,), own_networks=("198.51.100.0/24",))
    judged(bucket_sharing.open_to_network, wanted, (policy(text), owner()), said)


DEPUTY = {"Service": "logging.s3.amazonaws.com"}
DEPUTIES = [
    (P, document(allow(Principal={"AWS": OURS}))),
    (F, document(allow(Principal=DEPUTY))),
    (F, document(allow(Principal={"AWS": OURS, **DEPUTY}))),
    (P, document(allow(Principal=DEPUTY, **when("StringEquals", "aws:SourceAccount", OURS)))),
    (P, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:s3:::b")))),
    (P, document(allow(Principal=DEPUTY, **when("StringEquals", "aws:SourceOrgID", "o-ours")))),
    (P, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", f"arn:aws:logs:*:{OURS}:*")))),
    (F, document(allow(Principal=DEPUTY, **when("StringLike", "aws:SourceArn", f"arn:aws:logs:*:{OURS}:*")))),
    (F, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:logs:*:*:*")))),
    (F, document(allow(Principal=DEPUTY, **when("StringEqualsIfExists", "aws:SourceAccount", OURS)))),
    (F, document(allow(Principal=DEPUTY, **when("StringLike", "aws:SourceAccount", "*")))),
    (F, document(allow(Principal=DEPUTY, **when("ArnLike", "aws:SourceArn", "arn:aws:s3:::*")))),
    (F, document(allow(Principal=DEPUTY, **when("Bool", "aws:SecureTransport", "true")))),
    (
        P,
        document(
            allow(Principal=DEPUTY),
            deny(**when("StringNotEquals", "aws:SourceAccount", OURS)),
        ),
    ),
    (P, document(deny(Principal=DEPUTY))),
    (P, None),
    (U, "{"),
]


@pytest.mark.parametrize(("wanted", "text"), DEPUTIES)
def test_services_for_whomever(wanted: Outcome, text: str | None) -> None:
    judged(bucket_sharing.service_unbound, wanted, (policy(text),))


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (P, OWN),
        (F, document(allow(Principal={"AWS": ["AROAEXAMPLEEXAMPLE123", OURS]}))),
        (F, document(allow(Principal={"AWS": "AIDAEXAMPLEEXAMPLE123"}))),
        (P, None),
        (U, "{"),
    ],
)
def test_principals_that_are_gone(wanted: Outcome, text: str | None) -> None:
    judged(bucket_sharing.orphaned_principal, wanted, (policy(text),))


HOSTILE = {
    "20 kB of noise": json.dumps({"Statement": [allow(Sid="x" * 20_000, Noise="y")]}),
    "20 kB of unknown operators": document(allow(Condition={f"Operator{n}": {"aws:a": "b"} for n in range(600)})),
    "nested deeply": '{"Statement":' + "[" * 9_000 + "]" * 9_000 + "}",
    "effect nested as deep as JSON is read": '{"Statement":{"Effect":' + "[" * 900 + "]" * 900 + "}}",
    "bytes that are no text": '{"Statement": "\\udcff"}',
    "no statement": "{}",
    "half": document(allow())[:-2],
}
FROM_THE_POLICY = (
    buckets.public_policy,
    buckets.public_write,
    buckets.public_latent,
    bucket_transport.plain_http,
    bucket_sharing.shared_outside,
    bucket_sharing.open_to_network,
    bucket_sharing.service_unbound,
    bucket_sharing.orphaned_principal,
)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_policies_pass_nowhere(text: str) -> None:
    for one in FROM_THE_POLICY:
        judged(one, U, (policy(text), CLOSED, block(), owner()), SCOPE)


def test_names_that_cannot_be_written_are_told_all_the_same() -> None:
    text = document(allow(Sid="\ud800\x1b[2J" + "z" * 400, Principal={"AWS": f"arn:aws:iam::{OTHER}:user/\ud800"}))
    found = finding(bucket_sharing.shared_outside, policy(text), CLOSED, block(), owner(), said=SCOPE)
    assert found.outcome is F
    for row in found.evidence:
        assert len(row.looked_at.encode()) < 400


ORIGIN_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


@pytest.mark.parametrize(
    ("principal", "outcome", "says"),
    [
        (f"{ORIGIN_IDENTITY}E2ABC", U, "origin access control does"),
        (f"{ORIGIN_IDENTITY}E2ABC".replace("aws", "aws-cn"), U, "origin access control does"),
        (ORIGIN_IDENTITY, U, "principal of no named account"),
        (f"{ORIGIN_IDENTITY}<b>", U, "principal of no named account"),
        (f"{ORIGIN_IDENTITY}E2ABC".replace("cloudfront", "111111111111"), F, ""),
    ],
)
def test_an_origin_access_identity_is_unknown_and_says_what_would_tell(
    principal: str, outcome: Outcome, says: str
) -> None:
    """CloudFront lets anybody have one, and its name does not say whose it is."""
    text = document(allow(Principal={"AWS": principal}))
    found = finding(bucket_sharing.shared_outside, policy(text), CLOSED, block(), owner(), said=SCOPE)
    assert found.outcome is outcome
    assert says in found.summary
