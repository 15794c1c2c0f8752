"""The TLS-only rule: full only where every request without TLS is denied."""

from __future__ import annotations

from itertools import permutations

import pytest

from auditor.derive import Undecided
from auditor.facts.storage import ServerKind
from auditor.facts.storage_effect import Keeps
from auditor.facts.storage_exposure import Coverage
from checks.derivations.bucket_transport import coverage_of, tls_only
from tests.derivations.bucket_facts import allow, deny, document, policy, rows, when
from tests.derivations.storage_samples import promise

AWS, COMPATIBLE = ServerKind.AWS, ServerKind.COMPATIBLE
FULL, PARTIAL, NONE = Coverage.FULL, Coverage.PARTIAL, Coverage.NONE
IF_EXISTS = when("BoolIfExists", "aws:SecureTransport", "false")
BOOL = when("Bool", "aws:SecureTransport", "false")
NULL = when("Null", "aws:SecureTransport", "true")


def coverage(*statements: object, server: ServerKind = AWS) -> Coverage:
    return coverage_of(policy(document(*statements), server)).coverage


ROWS = {  # statements, on AWS, on a compatible server
    "if exists": ([deny(**IF_EXISTS)], FULL, FULL),
    "plain Bool": ([deny(**BOOL)], FULL, NONE),
    "Null": ([deny(**NULL)], NONE, NONE),
    "Bool and Null": ([deny(**BOOL), deny(**NULL)], FULL, FULL),
    "string form": ([deny(**when("StringNotEqualsIfExists", "aws:SecureTransport", "true"))], FULL, FULL),
    "boolean instead of text": ([deny(**when("BoolIfExists", "aws:SecureTransport", False))], FULL, FULL),
    "other case": ([deny(**when("boolifexists", "AWS:securetransport", "FALSE"))], FULL, FULL),
    "AWS star": ([deny(Principal={"AWS": "*"}, **IF_EXISTS)], FULL, FULL),
    "action star": ([deny(Action="*", **IF_EXISTS)], FULL, FULL),
    "action in capitals": ([deny(Action="S3:*", **IF_EXISTS)], FULL, FULL),
    "resource star": ([deny(Resource="*", **IF_EXISTS)], FULL, FULL),
    "resource prefix": ([deny(Resource="arn:aws:s3:::b*", **IF_EXISTS)], FULL, FULL),
    "government partition": (
        [deny(Resource=["arn:aws-us-gov:s3:::b", "arn:aws-us-gov:s3:::b/*"], **IF_EXISTS)],
        FULL,
        PARTIAL,  # Ceph keeps partitions apart, and has its buckets in "aws"
    ),
    "any partition": ([deny(Resource=["arn:*:s3:::b", "arn:*:s3:::b/*"], **IF_EXISTS)], FULL, FULL),
    "China": (
        [deny(Resource=["arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b/*"], **IF_EXISTS)],
        FULL,
        PARTIAL,
    ),
    "two statements": (
        [deny(Resource="arn:aws:s3:::b", **IF_EXISTS), deny(Resource="arn:aws:s3:::b/*", **IF_EXISTS)],
        FULL,
        FULL,
    ),
    "everything denied": ([deny()], FULL, FULL),
    "TLS version": ([deny(**when("NumericLessThanIfExists", "s3:TlsVersion", "1.2"))], FULL, NONE),
    "TLS version as a number": ([deny(**when("NumericLessThanIfExists", "s3:TlsVersion", 1.3))], FULL, NONE),
    "TLS version, plain": ([deny(**when("NumericLessThan", "s3:TlsVersion", "1.2"))], NONE, NONE),
    "TLS version below 1.2": ([deny(**when("NumericLessThanIfExists", "s3:TlsVersion", "1.1"))], NONE, NONE),
    "TLS version of no number": ([deny(**when("NumericLessThanIfExists", "s3:TlsVersion", "new"))], NONE, NONE),
    "objects only": ([deny(Resource="arn:aws:s3:::b/*", **IF_EXISTS)], PARTIAL, PARTIAL),
    "bucket only": ([deny(Resource="arn:aws:s3:::b", **IF_EXISTS)], PARTIAL, PARTIAL),
    "part of the objects": ([deny(Resource=["arn:aws:s3:::b", "arn:aws:s3:::b/p/*"], **IF_EXISTS)], PARTIAL, PARTIAL),
    "another bucket": ([deny(Resource=["arn:aws:s3:::c", "arn:aws:s3:::c/*"], **IF_EXISTS)], PARTIAL, PARTIAL),
    "reading only": ([deny(Action="s3:Get*", **IF_EXISTS)], PARTIAL, PARTIAL),
    "NotAction": ([deny(Action=None, NotAction="s3:GetObject", **IF_EXISTS)], PARTIAL, PARTIAL),
    "NotResource": ([deny(Resource=None, NotResource="arn:aws:s3:::b/p/*", **IF_EXISTS)], PARTIAL, PARTIAL),
    "one role": ([deny(Principal={"AWS": "arn:aws:iam::123456789012:role/x"}, **IF_EXISTS)], PARTIAL, PARTIAL),
    "all but one": (
        [deny(Principal=None, NotPrincipal={"AWS": "123456789012"}, **IF_EXISTS)],
        PARTIAL,
        PARTIAL,
    ),
    "further condition": (
        [
            deny(
                Condition={
                    "BoolIfExists": {"aws:SecureTransport": "false"},
                    "IpAddress": {"aws:SourceIp": "10.0.0.0/8"},
                }
            )
        ],
        PARTIAL,
        PARTIAL,
    ),
    "action by action": ([deny(Action="s3:Get*", **IF_EXISTS), deny(Action="s3:Put*", **IF_EXISTS)], PARTIAL, PARTIAL),
    "all but some, and those": (
        [deny(Action=None, NotAction="s3:Get*", **IF_EXISTS), deny(Action=["s3:Get*"], **IF_EXISTS)],
        FULL,
        FULL,
    ),
    "all but some, and half of those": (
        [deny(Action=None, NotAction="s3:Get*", **IF_EXISTS), deny(Action="s3:GetObject", **IF_EXISTS)],
        PARTIAL,
        PARTIAL,
    ),
    "all but some, and those of another form": (
        [deny(Action=None, NotAction="s3:Get*", **BOOL), deny(Action=["s3:Get*"], **NULL)],
        PARTIAL,
        NONE,
    ),
    "actions crossed with areas": (
        [
            deny(Action="s3:Get*", **IF_EXISTS),
            deny(Action=None, NotAction="s3:Get*", Resource="arn:aws:s3:::b", **IF_EXISTS),
            deny(Action=None, NotAction="s3:Get*", Resource="arn:aws:s3:::b/*", **IF_EXISTS),
        ],
        FULL,
        FULL,
    ),
    "each half of the objects by another form": (
        [deny(Resource="arn:aws:s3:::b", **IF_EXISTS), deny(Resource="arn:aws:s3:::b/*", **BOOL)],
        FULL,
        PARTIAL,
    ),
    "denied to all, whatever they ask with, in part": (
        [deny(Action="s3:Put*"), deny(Action=None, NotAction="s3:Put*", **IF_EXISTS)],
        FULL,
        FULL,
    ),
    "false, twice": ([deny(**when("BoolIfExists", "aws:SecureTransport", "false", "False"))], FULL, FULL),
    "compared as a text": ([deny(**when("StringEquals", "aws:SecureTransport", "false"))], NONE, NONE),
    "for all values": ([deny(**when("ForAllValues:Bool", "aws:SecureTransport", "false"))], NONE, NONE),
    "several TLS versions": ([deny(**when("NumericLessThanIfExists", "s3:TlsVersion", "1.2", "1.0"))], NONE, NONE),
    "a star for services": ([deny(Principal={"Service": "*"}, **IF_EXISTS)], PARTIAL, PARTIAL),
    "a star among accounts": (
        [deny(Principal={"AWS": ["123456789012", "*"]}, **IF_EXISTS)],
        FULL,
        FULL,
    ),
    "any account's root": ([deny(Principal={"AWS": "arn:aws:iam::*:root"}, **IF_EXISTS)], PARTIAL, PARTIAL),
    "a variable in the resource": (
        [deny(Resource=["arn:aws:s3:::${aws:PrincipalTag/b}", "arn:aws:s3:::b/*"], **IF_EXISTS)],
        PARTIAL,
        PARTIAL,
    ),
    "the bucket, and names that go on": (
        [deny(Resource=["arn:aws:s3:::b", "arn:aws:s3:::b?*"], **IF_EXISTS)],
        PARTIAL,
        PARTIAL,
    ),
    "from a day on": (
        [
            deny(
                Condition={
                    "Bool": {"aws:SecureTransport": "false"},
                    "DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"},
                }
            )
        ],
        PARTIAL,
        NONE,
    ),
    "denies TLS instead": ([deny(**when("Bool", "aws:SecureTransport", "true"))], NONE, NONE),
    "true or false": ([deny(**when("BoolIfExists", "aws:SecureTransport", "false", "true"))], NONE, NONE),
    "for any value": ([deny(**when("ForAnyValue:Bool", "aws:SecureTransport", "false"))], NONE, NONE),
    "an Allow with TLS": ([allow(**when("Bool", "aws:SecureTransport", "true"))], NONE, NONE),
    "an Allow without TLS": ([allow(Action="s3:*", Resource="*", **IF_EXISTS)], NONE, NONE),
    "something else is denied": ([deny(Action="s3:DeleteBucket")], NONE, NONE),
}


@pytest.mark.parametrize(("statements", "aws", "compatible"), ROWS.values(), ids=ROWS)
def test_coverage_is_the_union_of_the_denies(statements: list[object], aws: Coverage, compatible: Coverage) -> None:
    assert coverage(*statements) is aws
    assert coverage(*statements, server=COMPATIBLE) is compatible


@pytest.mark.parametrize(
    ("keeps", "wanted"),
    [(Keeps.YES, FULL), (Keeps.NO, NONE), (Keeps.UNKNOWN, None), (Keeps.SOME_RELEASES, None), ("", None)],
)
def test_a_compatible_server_is_believed_as_far_as_the_register_says(
    keeps: Keeps | str, wanted: Coverage | None
) -> None:
    said = (promise(keeps),) if isinstance(keeps, Keeps) else ()
    made = rows(policy(document(deny(**IF_EXISTS)), COMPATIBLE), *said)
    if wanted:
        assert tls_only.derive(made).coverage is wanted
    else:
        with pytest.raises(Undecided):
            tls_only.derive(made)
    partial = rows(policy(document(deny(Action="s3:Get*", **IF_EXISTS)), COMPATIBLE), *said)
    assert tls_only.derive(partial).coverage is PARTIAL
    assert tls_only.derive(rows(policy(document(deny(**BOOL))))).coverage is FULL


def test_no_policy_is_no_rule() -> None:
    found = coverage_of(policy(None))
    assert (found.coverage, found.left) == (NONE, ("there is no policy",))


def test_a_form_that_is_not_known_is_named() -> None:
    found = coverage_of(policy(document(deny(Sid="Text", **when("StringEquals", "aws:SecureTransport", "false")))))
    assert found.left == (
        "statement 1 (Text) tests aws:securetransport in a form that is not known to deny every request without TLS",
    )


def test_partial_rule_says_what_is_left() -> None:
    found = coverage_of(policy(document(deny(Sid="Half", Resource="arn:aws:s3:::b/*", **IF_EXISTS))))
    assert found.left == ("requests to the bucket itself",)
    found = coverage_of(policy(document(deny(Sid="Half", Action="s3:Get*", **IF_EXISTS))))
    assert found.left == (
        "admin, list, write requests to the bucket itself",
        "admin, list, write requests to its objects",
        "statement 1 (Half) denies some actions only",
    )


@pytest.mark.parametrize("text", ["{", "{}", document(deny(Effect="Never", **IF_EXISTS))])
def test_malformed_policy_is_undecided(text: str) -> None:
    with pytest.raises(Undecided):
        coverage_of(policy(text))


def test_order_is_irrelevant_and_more_denies_never_cover_less() -> None:
    rank = [NONE, PARTIAL, FULL]
    single = [row[0][0] for row in ROWS.values() if len(row[0]) == 1]
    for first, second in permutations(single, 2):
        both = rank.index(coverage(first, second))
        assert both == rank.index(coverage(second, first))
        assert both >= max(rank.index(coverage(first)), rank.index(coverage(second)))
