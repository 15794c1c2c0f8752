"""The policy evaluator: a vector per rule, and laws over generated policies."""

from __future__ import annotations

import json
import time
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.facts.sharing import Grant
from auditor.facts.storage_exposure import AccessClass
from checks.derivations.policies.grammar import parse_policy
from checks.derivations.policies.grants import grants_of
from checks.derivations.policies.patterns import matches
from tests.derivations.bucket_facts import allow, deny, document, when

READ, LIST, WRITE, ADMIN, OTHER = (AccessClass(word) for word in ("read", "list", "write", "admin", "other"))
ROLE = "arn:aws:iam::123456789012:role/reader"


def opened(*statements: object) -> list[Grant]:
    """The grants that S3 calls public."""
    return [one for one in grants_of(parse_policy(document(*statements))) if one.is_public]


def is_public(*statements: object) -> bool:
    return any(one.is_free for one in opened(*statements))


PUBLIC = {
    # Principal
    "star": allow(),
    "star as AWS": allow(Principal={"AWS": "*"}),
    "star in a list": allow(Principal={"AWS": [ROLE, "*"]}),
    "wildcard in an ARN": allow(Principal={"AWS": "arn:aws:iam::*:root"}),
    "question mark in an ARN": allow(Principal={"AWS": "arn:aws:iam::12345678901?:root"}),
    "variable in an ARN": allow(Principal={"AWS": "arn:aws:iam::${aws:PrincipalAccount}:root"}),
    "NotPrincipal": allow(Principal=None, NotPrincipal={"AWS": ROLE}),
    "no principal at all": allow(Principal=None),
    "web identity": allow(Principal={"Federated": "graph.facebook.com"}),
    "pool of web identities": allow(Principal={"Federated": "cognito-identity.amazonaws.com"}),
    "canonical star": allow(Principal={"CanonicalUser": "*"}),
    "effect in lower case": allow(Effect="allow"),
    # Tests that do not pin
    "referer": allow(**when("StringLike", "aws:Referer", "https://city.example/*")),
    "user agent": allow(**when("StringEquals", "aws:UserAgent", "robot")),
    "only TLS": allow(**when("Bool", "aws:SecureTransport", "true")),
    "region": allow(**when("StringEquals", "aws:RequestedRegion", "eu-west-1")),
    "a date": allow(**when("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z")),
    "a prefix": allow(Action="s3:ListBucket", **when("StringEquals", "s3:prefix", "public/")),
    "a tag of the object": allow(**when("StringEquals", "s3:ExistingObjectTag/public", "yes")),
    "type of principal": allow(**when("StringEquals", "aws:PrincipalType", "User")),
    "account of the target": allow(**when("StringEquals", "aws:ResourceAccount", "123456789012")),
    "IfExists": allow(**when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-ours")),
    "ForAllValues": allow(**when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-ours")),
    "negative operator": allow(**when("StringNotEquals", "aws:PrincipalOrgID", "o-theirs")),
    "NotIpAddress": allow(**when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")),
    "Null": allow(**when("Null", "aws:PrincipalOrgID", "false")),
    "wildcard VPC": allow(**when("StringLike", "aws:SourceVpc", "vpc-*")),
    "one fixed and one wildcard": allow(**when("StringLike", "aws:SourceVpc", "vpc-1a2b", "vpc-*")),
    "whole Internet": allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/0")),
    "half the Internet": allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/1")),
    "two halves": allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/1", "128.0.0.0/1")),
    "all the Internet in slices": allow(**when("IpAddress", "aws:SourceIp", *(f"{n}.0.0.0/8" for n in range(256)))),
    "a /7": allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/7")),
    "IPv6 broader than /32": allow(**when("IpAddress", "aws:SourceIp", "2001:d00::/31")),
    "narrow v4 and all of v6": allow(**when("IpAddress", "aws:SourceIp", "192.0.2.0/24", "::/0")),
    "no network": allow(**when("IpAddress", "aws:SourceIp", "city hall")),
    "IP operator on a name": allow(**when("IpAddress", "aws:SourceVpc", "vpc-1a2b")),
    "wildcard before the account": allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/reader")),
    "wildcard in the account": allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::12345678901*:role/x")),
    "wildcard instead of an account": allow(**when("ArnLike", "aws:SourceArn", "arn:aws:s3:::logs-*")),
    "any organisation": allow(**when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-1/*")),
    "IPv4 written as IPv6": allow(**when("IpAddress", "aws:SourceIp", "::ffff:0.0.0.0/96")),
    "nobody who signed": allow(**when("StringEquals", "aws:userid", "anonymous")),
    "nobody who signed, beside somebody": allow(**when("StringLike", "aws:userid", "AIDAEXAMPLE", "anonymous")),
    "nobody's account": allow(**when("StringEqualsIgnoreCase", "aws:PrincipalAccount", "Anonymous")),
    "empty value": allow(**when("StringEquals", "aws:PrincipalOrgID", "")),
}
CLOSED = {
    "account number": allow(Principal={"AWS": "123456789012"}),
    "account ARN": allow(Principal={"AWS": "arn:aws-us-gov:iam::123456789012:root"}),
    "role in China": allow(Principal={"AWS": "arn:aws-cn:iam::123456789012:role/x"}),
    "user of Ceph": allow(Principal={"AWS": "arn:aws:iam:::user/clerk"}),
    "what is left of a deleted role": allow(Principal={"AWS": "AROAEXAMPLEEXAMPLE123"}),
    "canonical id": allow(
        Principal={"CanonicalUser": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}
    ),
    "service": allow(Principal={"Service": "cloudtrail.amazonaws.com"}),
    "SAML provider": allow(Principal={"Federated": "arn:aws:iam::123456789012:saml-provider/city"}),
    "organisation": allow(**when("StringEquals", "aws:PrincipalOrgID", "o-ours")),
    "operator and key in another case": allow(**when("stringequals", "AWS:PrincipalOrgId", "o-ours")),
    "organisation among several": allow(**when("ForAnyValue:StringEquals", "aws:PrincipalOrgID", "o-ours", "o-two")),
    "organisation path": allow(**when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-ours/r-1/*")),
    "account pin": allow(**when("StringEquals", "aws:PrincipalAccount", "123456789012")),
    "account pin as a number": allow(**when("StringEquals", "aws:PrincipalAccount", 123456789012)),
    "principal ARN": allow(**when("ArnEquals", "aws:PrincipalArn", ROLE)),
    "roles of an account": allow(**when("ArnLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*")),
    "access points of an account": allow(
        **when("ArnLike", "s3:DataAccessPointArn", "arn:aws:s3:eu-west-1:123456789012:accesspoint/*")
    ),
    "account of access points": allow(**when("StringEquals", "s3:DataAccessPointAccount", "123456789012")),
    "VPC": allow(**when("StringEquals", "aws:SourceVpc", "vpc-1a2b")),
    "VPC endpoint": allow(**when("StringLike", "aws:SourceVpce", "vpce-1a2b")),
    "network": allow(**when("IpAddress", "aws:SourceIp", "192.0.2.0/24", "2001:db8::/48")),
    "the broadest networks": allow(**when("IpAddress", "aws:SourceIp", "10.0.0.0/8", "2001:db8::/32")),
    "unique local": allow(**when("IpAddress", "aws:VpcSourceIp", "fc00::/7")),
    "fixed userid": allow(**when("StringEquals", "aws:userid", "AROAEXAMPLE:i-1a2b")),
    "a pin beside something loose": allow(
        Condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours", "aws:Referer": "x"}, "Bool": {"a:b": True}}
    ),
    "a Deny alone": deny(),
}
GUARDED = {
    "unconditional": deny(),
    "same action and resource": deny(Action="s3:GetObject", Resource="arn:aws:s3:::b/*"),
    "wider action": deny(Action="S3:Get*", Resource="*"),
    "organisation": deny(**when("StringNotEquals", "aws:PrincipalOrgID", "o-ours")),
    "organisation if it exists": deny(**when("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-ours")),
    "network": deny(**when("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")),
    "roles of an account": deny(**when("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/*")),
}
UNGUARDED = {
    "one role only": deny(Principal={"AWS": ROLE}),
    "NotPrincipal": deny(Principal=None, NotPrincipal={"AWS": ROLE}),
    "other action": deny(Action="s3:PutObject"),
    "part of the objects": deny(Resource="arn:aws:s3:::b/public/*"),
    "NotAction": deny(Action=None, NotAction="s3:PutObject"),
    "NotResource": deny(Resource=None, NotResource="arn:aws:s3:::other/*"),
    "only without TLS": deny(**when("BoolIfExists", "aws:SecureTransport", "false")),
    "not negated": deny(**when("StringEquals", "aws:PrincipalOrgID", "o-theirs")),
    "wildcard": deny(**when("StringNotLike", "aws:PrincipalOrgID", "o-*")),
    "half the Internet spared": deny(**when("NotIpAddress", "aws:SourceIp", "0.0.0.0/1")),
    "two tests": deny(
        Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}, "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    ),
    "ForAnyValue": deny(**when("ForAnyValue:StringNotEquals", "aws:PrincipalOrgID", "o-ours")),
    "nobody who signed spared": deny(**when("StringNotEquals", "aws:userid", "anonymous")),
    "a zero byte": deny(Action="*", Resource="arn:aws:s3:::b/\0"),
    "a question mark": deny(Action="s3:GetObjec?", Resource="arn:aws:s3:::b/?"),
    "a variable": deny(Resource="arn:aws:s3:::${aws:username}*"),
}


def test_there_are_vectors_enough() -> None:
    assert len(PUBLIC) + len(CLOSED) + len(GUARDED) + len(UNGUARDED) >= 40


@pytest.mark.parametrize("statement", PUBLIC.values(), ids=PUBLIC)
def test_statement_lets_the_public_in(statement: object) -> None:
    assert is_public(statement)


@pytest.mark.parametrize("statement", CLOSED.values(), ids=CLOSED)
def test_statement_lets_nobody_of_the_public_in(statement: object) -> None:
    assert opened(statement) == []


@pytest.mark.parametrize("guard", GUARDED.values(), ids=GUARDED)
def test_deny_holds_the_public_back(guard: object) -> None:
    assert [bool(one.guards) for one in opened(allow(), guard)] == [True]


@pytest.mark.parametrize("guard", UNGUARDED.values(), ids=UNGUARDED)
def test_deny_does_not_hold_the_public_back(guard: object) -> None:
    assert [bool(one.guards) for one in opened(allow(), guard)] == [False]


def test_what_an_allow_leaves_out_is_held_back_by_a_deny_of_all_actions_only() -> None:
    loose = allow(Action=None, NotAction="s3:DeleteBucket")
    assert not is_public(loose, deny())
    assert is_public(loose, deny(Action="s3:Get*"))


@pytest.mark.parametrize(
    ("elements", "access"),
    [
        ({"Action": "s3:GetObject"}, {READ}),
        ({"Action": "s3:Get*"}, {READ}),
        ({"Action": "S3:GETOBJECT"}, {READ}),
        ({"Action": ["s3:ListBucket", "s3:GetObjectVersion"]}, {READ, LIST}),
        ({"Action": "s3:PutObject"}, {WRITE}),
        ({"Action": "s3:DeleteObjectVersion"}, {WRITE}),
        ({"Action": "s3:PutBucketPolicy"}, {ADMIN}),
        ({"Action": "s3:GetBucketLocation"}, {OTHER}),
        ({"Action": ["s3:GetObject", "s3:PutSomethingNew"]}, {READ, WRITE}),
        ({"Action": "s3:*"}, {READ, LIST, WRITE, ADMIN}),
        ({"Action": "*"}, {READ, LIST, WRITE, ADMIN}),
        ({"Action": None, "NotAction": "s3:GetObject"}, set(AccessClass)),
    ],
)
def test_access_follows_from_the_actions(elements: dict[str, object], access: set[AccessClass]) -> None:
    assert [one.access for one in opened(allow(**elements))] == [access]


def test_single_statement_may_stand_without_a_list() -> None:
    text = json.dumps({"Statement": allow(Sid="One")})
    assert [one.statement for one in grants_of(parse_policy(text))] == ["statement 1 (One)"]


STATEMENTS = [*PUBLIC.values(), *CLOSED.values(), *GUARDED.values(), *UNGUARDED.values()]
some_statements = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=5)


def openness(statements: list[object]) -> int:
    """How open a policy is: 0 to nobody, 1 held back, 2 to the public."""
    found = opened(*statements)
    return 2 if any(one.is_free for one in found) else 1 if found else 0


@given(some_statements, st.sampled_from([*PUBLIC.values(), *CLOSED.values()]))
def test_adding_an_allow_never_closes(statements: list[object], added: dict[str, object]) -> None:
    if added["Effect"] != "Deny":
        assert openness([*statements, added]) >= openness(statements)


@given(
    some_statements, st.sampled_from(["s3:*", "s3:Get*", "s3:PutObject"]), st.sampled_from(["*", "arn:aws:s3:::b/*"])
)
def test_adding_an_unconditional_deny_never_opens(statements: list[object], action: str, resource: str) -> None:
    assert openness([*statements, deny(Action=action, Resource=resource)]) <= openness(statements)


@settings(max_examples=25)
@given(some_statements)
def test_order_of_statements_is_irrelevant(statements: list[object]) -> None:
    assert len({openness(list(order)) for order in permutations(statements)}) == 1


@given(some_statements)
def test_dropping_a_condition_never_closes(statements: list[object]) -> None:
    loose = [{k: v for k, v in one.items() if k != "Condition" or one["Effect"] == "Deny"} for one in statements]  # type: ignore[attr-defined]
    assert openness(loose) >= openness(statements)


def test_hostile_pattern_does_not_slow_us() -> None:
    began = time.process_time()
    assert not matches("s3:" + "*a" * 5_000 + "*b", "s3:" + "a" * 20_000)
    many = [f"s3:{'*e' * 20}*x{n}" for n in range(490)]
    opened(allow(Action=many), deny(Action=[f"{one}y" for one in many]))
    assert time.process_time() - began < 5
