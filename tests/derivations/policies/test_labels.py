"""One label per policy: public, limited, guarded, external, unsure or closed."""

from __future__ import annotations

import json

import pytest

from checks.derivations.policies.grammar import parse_policy
from checks.derivations.policies.grants import grants_of
from checks.derivations.policies.sides import Ours, Side, side_of
from tests.derivations.bucket_facts import allow, deny, document, when

OURS = Ours(
    accounts=frozenset({"123456789012"}),
    organisations=frozenset({"o-ours"}),
    vpcs=frozenset({"vpc-ours", "vpce-ours"}),
    networks=frozenset({"198.51.100.0/24"}),
    canonical_ids=frozenset({"c" * 64}),
    registered=frozenset({"777777777777"}),
)
SIDES = {Side.INSIDE: "closed", Side.OUTSIDE: "external", Side.UNKNOWN: "unsure"}
ORDER = ("public", "limited", "guarded", "external", "unsure", "closed")
OUTSIDER = {"AWS": "arn:aws:iam::999999999999:root"}


def label(text: str, ours: Ours = OURS) -> str:
    """The worst of all statements."""
    return min((_label(grant, ours) for grant in grants_of(parse_policy(text))), key=ORDER.index, default="closed")


def _label(grant: object, ours: Ours) -> str:
    if grant.is_free:  # type: ignore[attr-defined]
        return "public"
    if grant.is_public:  # type: ignore[attr-defined]
        return "guarded" if grant.guards else "limited"  # type: ignore[attr-defined]
    return SIDES[side_of(grant, ours)[0]]  # type: ignore[arg-type]


VECTORS: dict[str, tuple[str, list[dict[str, object]]]] = {
    "star": ("public", [allow()]),
    "NotPrincipal of one account": ("public", [allow(Principal=None, NotPrincipal={"AWS": "999999999999"})]),
    "no principal": ("public", [allow(Principal=None)]),
    "web identity": ("public", [allow(Principal={"Federated": "graph.facebook.com"})]),
    "service wildcard": ("public", [allow(Principal={"Service": "*.amazonaws.com"})]),
    "wildcard VPC": ("public", [allow(**when("StringLike", "aws:SourceVpc", "vpc-*"))]),
    "half the Internet": ("public", [allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/1"))]),
    "both halves": ("public", [allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1"))]),
    "both halves, apart": (
        "public",
        [
            allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/1")),
            allow(**when("IpAddress", "aws:SourceIp", "128.0.0.0/1")),
        ],
    ),
    "IPv6 as broad as a continent": ("public", [allow(**when("IpAddress", "aws:SourceIp", "2000::/3"))]),
    "IPv6 /31": ("public", [allow(**when("IpAddress", "aws:SourceIp", "2001:db8::/31"))]),
    "IPv6 /32": ("external", [allow(**when("IpAddress", "aws:SourceIp", "2a00:1::/32"))]),
    "unique local": ("external", [allow(**when("IpAddress", "aws:VpcSourceIp", "fd00::/8"))]),
    "IfExists": ("public", [allow(**when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-ours"))]),
    "ForAllValues": ("public", [allow(**when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours"))]),
    "Null": ("public", [allow(**when("Null", "aws:PrincipalOrgID", "false"))]),
    "not theirs": ("public", [allow(**when("StringNotEquals", "aws:PrincipalAccount", "999999999999"))]),
    "referer": ("public", [allow(**when("StringLike", "aws:Referer", "https://city.example/*"))]),
    "account of the target": ("public", [allow(**when("StringEquals", "aws:ResourceOrgID", "o-ours"))]),
    "any account in an ARN": (
        "public",
        [allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/city"))],
    ),
    "part of an account": (
        "public",
        [allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::1234567890??:role/*"))],
    ),
    "any organisation": ("public", [allow(**when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-1/*"))]),
    "one of two statements": ("public", [allow(Principal={"AWS": "123456789012"}), allow(Action="s3:PutObject")]),
    "variable for our own organisation": (
        "limited",
        [allow(**when("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"))],
    ),
    "a role in any session": ("limited", [allow(**when("StringLike", "aws:userid", "AROAEXAMPLEEXAMPLE123:*"))]),
    "a variable that is the caller's": (
        "public",
        [allow(**when("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalOrgID}"))],
    ),
    "denied to all": ("guarded", [allow(), deny()]),
    "denied to all but us": ("guarded", [allow(), deny(**when("StringNotEquals", "aws:PrincipalOrgID", "o-ours"))]),
    "denied if exists": (
        "guarded",
        [allow(), deny(**when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-ours"))],
    ),
    "denied outside a network": (
        "guarded",
        [allow(), deny(**when("NotIpAddress", "aws:SourceIp", "198.51.100.0/24"))],
    ),
    "denied one action only": ("public", [allow(Action="s3:*"), deny(Action="s3:PutObject")]),
    "denied without TLS only": ("public", [allow(), deny(**when("Bool", "aws:SecureTransport", "false"))]),
    "our account": ("closed", [allow(Principal={"AWS": "123456789012"})]),
    "our account in GovCloud": ("closed", [allow(Principal={"AWS": "arn:aws-us-gov:iam::123456789012:root"})]),
    "our account in China": ("closed", [allow(Principal={"AWS": "arn:aws-cn:iam::123456789012:role/x"})]),
    "another account": ("external", [allow(Principal=OUTSIDER)]),
    "another account in GovCloud": (
        "external",
        [allow(Principal={"AWS": "arn:aws-us-gov:iam::999999999999:user/x"})],
    ),
    "ours and another": ("external", [allow(Principal={"AWS": ["123456789012", "999999999999"]})]),
    "registered account": ("closed", [allow(Principal={"AWS": "777777777777"})]),
    "another account of our organisation": (
        "closed",
        [allow(Principal=OUTSIDER, **when("StringEquals", "aws:PrincipalOrgID", "o-ours"))],
    ),
    "another account from our network": (
        "external",
        [allow(Principal=OUTSIDER, **when("IpAddress", "aws:SourceIp", "198.51.100.0/25"))],
    ),
    "another organisation": ("external", [allow(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs"))]),
    "path of our organisation": (
        "closed",
        [allow(**when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-ours/r-1/*"))],
    ),
    "roles of our account": (
        "closed",
        [allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*"))],
    ),
    "roles of another account": (
        "external",
        [allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::999999999999:role/*"))],
    ),
    "our account and a service for another": (
        "external",
        [
            allow(
                Principal={"AWS": "123456789012", "Service": "s3.amazonaws.com"},
                **when("StringEquals", "aws:SourceAccount", "999999999999"),
            )
        ],
    ),
    "our account and a service for us": (
        "closed",
        [
            allow(
                Principal={"AWS": "123456789012", "Service": "s3.amazonaws.com"},
                **when("StringEquals", "aws:SourceAccount", "123456789012"),
            )
        ],
    ),
    "our account and a service, from a network": (
        "closed",
        [
            allow(
                Principal={"AWS": "123456789012", "Service": "s3.amazonaws.com"},
                **when("StringEquals", "aws:SourceVpc", "vpc-theirs"),
            )
        ],
    ),
    "another account of the bucket's own organisation": (
        "closed",
        [allow(Principal=OUTSIDER, **when("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"))],
    ),
    "roles of our account, in any partition": (
        "limited",
        [allow(**when("ArnLike", "aws:PrincipalArn", "arn:*:iam::123456789012:role/*"))],
    ),
    "the same, as a text in which a wildcard may span parts": (
        "public",
        [allow(**when("StringLike", "aws:PrincipalArn", "arn:*:iam::123456789012:role/*"))],
    ),
    "in any region, of any account": (
        "public",
        [allow(**when("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:*:trail/*"))],
    ),
    "a service for us in any region": (
        "closed",
        [
            allow(
                Principal={"Service": "cloudtrail.amazonaws.com"},
                **when("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:123456789012:trail/*"),
            )
        ],
    ),
    "a service for another in any region": (
        "external",
        [
            allow(
                Principal={"Service": "cloudtrail.amazonaws.com"},
                **when("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:999999999999:trail/*"),
            )
        ],
    ),
    "our access points": ("closed", [allow(**when("StringEquals", "s3:DataAccessPointAccount", "123456789012"))]),
    "their access points": ("external", [allow(**when("StringEquals", "s3:DataAccessPointAccount", "999999999999"))]),
    "our network": ("closed", [allow(**when("IpAddress", "aws:SourceIp", "198.51.100.7"))]),
    "a network of somebody": ("external", [allow(**when("IpAddress", "aws:SourceIp", "8.8.8.0/24"))]),
    "a network of ours and one of somebody": (
        "external",
        [allow(**when("IpAddress", "aws:SourceIp", "198.51.100.0/24", "8.8.8.0/24"))],
    ),
    "addresses that anybody's VPC may have": (
        "external",
        [allow(**when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"))],
    ),
    "our VPC": ("closed", [allow(**when("StringEquals", "aws:SourceVpc", "vpc-ours"))]),
    "our endpoint": ("closed", [allow(**when("StringEquals", "aws:SourceVpce", "vpce-ours"))]),
    "their VPC": ("external", [allow(**when("StringEquals", "aws:SourceVpc", "vpc-theirs"))]),
    "our canonical id": ("closed", [allow(Principal={"CanonicalUser": "c" * 64})]),
    "their canonical id": ("external", [allow(Principal={"CanonicalUser": "d" * 64})]),
    "a service": ("closed", [allow(Principal={"Service": "logging.s3.amazonaws.com"})]),
    "a service for us": (
        "closed",
        [allow(Principal={"Service": "s3.amazonaws.com"}, **when("StringEquals", "aws:SourceAccount", "123456789012"))],
    ),
    "a service for another": (
        "external",
        [
            allow(
                Principal={"Service": "cloudfront.amazonaws.com"},
                **when("StringEquals", "aws:SourceArn", "arn:aws:cloudfront::999999999999:distribution/E1"),
            )
        ],
    ),
    "what is left of a role": ("closed", [allow(Principal={"AWS": "AROAEXAMPLEEXAMPLE123"})]),
    "CloudFront's old identity": (
        "unsure",
        [allow(Principal={"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"})],
    ),
    "SAML of another account": (
        "external",
        [allow(Principal={"Federated": "arn:aws:iam::999999999999:saml-provider/x"})],
    ),
    "a fixed user id": ("unsure", [allow(**when("StringEquals", "aws:userid", "AIDAEXAMPLEEXAMPLE123"))]),
    "only a Deny": ("closed", [deny()]),
}


def test_there_are_vectors_enough() -> None:
    assert len(VECTORS) >= 60


@pytest.mark.parametrize(("wanted", "statements"), VECTORS.values(), ids=VECTORS)
def test_label_of_a_policy(wanted: str, statements: list[dict[str, object]]) -> None:
    assert label(document(*statements)) == wanted


@pytest.mark.parametrize(
    ("wanted", "statement"), [(w, s[0]) for w, s in VECTORS.values() if len(s) == 1], ids=lambda one: ""
)
def test_one_statement_alone_is_as_good_as_a_list_of_one(wanted: str, statement: dict[str, object]) -> None:
    assert label(json.dumps({"Statement": statement})) == wanted


NOTHING_SAID = {
    "an account": ("unsure", allow(Principal=OUTSIDER)),
    "an organisation": ("unsure", allow(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs"))),
    "a VPC": ("unsure", allow(**when("StringEquals", "aws:SourceVpc", "vpc-1"))),
    "a canonical id": ("unsure", allow(Principal={"CanonicalUser": "c" * 64})),
    "a network": ("external", allow(**when("IpAddress", "aws:SourceIp", "8.8.8.0/24"))),
}


@pytest.mark.parametrize(("wanted", "statement"), NOTHING_SAID.values(), ids=NOTHING_SAID)
def test_nobody_is_outside_before_somebody_said_who_is_inside(wanted: str, statement: dict[str, object]) -> None:
    assert label(document(statement), Ours()) == wanted


def test_canonical_id_may_be_another_of_several_accounts() -> None:
    ours = Ours(accounts=frozenset({"123456789012", "222222222222"}), canonical_ids=frozenset({"c" * 64}))
    assert label(document(allow(Principal={"CanonicalUser": "d" * 64})), ours) == "unsure"
