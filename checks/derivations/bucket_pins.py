"""Which condition narrows "everybody" to somebody. Pure.

The rules are S3's own definition of "public": S3 User Guide, "Blocking public access to your Amazon S3 storage",
section "The meaning of public", made exact for the operators that are true where a key is absent.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace

from checks.derivations.bucket_policy import Test, has_wildcard

POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"})
NEGATIONS = {  # what a Deny tests, and the test that it is the negation of
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}
NETWORKS = frozenset({"aws:sourceip", "aws:vpcsourceip"})
ARNS = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})
ORGANISATION_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
PINNING = (
    NETWORKS
    | ARNS
    | ORGANISATION_PATHS
    | {
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourceorgid",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
BROADEST_V4, BROADEST_V6 = 8, 32  # prefix lengths; S3 calls broader ranges public
MOST_V4 = 4 * 2 ** (32 - BROADEST_V4)  # addresses in all: a hundred ranges of that breadth are the public, too
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")
_ARN_OF_ACCOUNT = re.compile(r"arn:[^:*?$]+:[^:*?$]*:[^:*?$]*:\d{12}:[^$]*")


def pins(test: Test) -> bool:
    """Does this test let only fixed somebodies through?

    Not with `IfExists` (true for callers without the key, anonymous ones among them), not with `ForAllValues` (true
    for the empty set), not negated, not with Null, and only with values that are fixed.
    """
    if test.operator not in POSITIVE or test.if_exists or test.qualifier == "forallvalues" or test.key not in PINNING:
        return False
    if test.key in NETWORKS:
        return _narrow_networks(test.values)
    if test.operator == "ipaddress":
        return False
    return all(_is_fixed(test.key, value) for value in test.values)


def is_negated_pin(test: Test) -> bool:
    """Is this the negation of a pin, so that a Deny with it spares fixed somebodies only?

    Negated operators are true where the key is absent, with and without `IfExists`: anonymous callers are denied.
    """
    positive = NEGATIONS.get(test.operator)
    return positive is not None and not test.qualifier and pins(replace(test, operator=positive, if_exists=False))


def _is_fixed(key: str, value: str) -> bool:
    if not value:
        return False
    if not has_wildcard(value):
        return True
    if key in ARNS:  # a wildcard behind the account stays inside the account
        return _ARN_OF_ACCOUNT.fullmatch(value) is not None
    if key in ORGANISATION_PATHS:
        organisation = value.split("/", 1)[0]
        return organisation.startswith("o-") and not has_wildcard(organisation) and "${" not in value
    return False


def _narrow_networks(values: tuple[str, ...]) -> bool:
    """Are all ranges, taken together, narrow? Two halves of the Internet are the Internet."""
    try:
        ranges = [ipaddress.ip_network(value, strict=False) for value in values]
    except ValueError:
        return False
    v4 = tuple(ipaddress.collapse_addresses(one for one in ranges if isinstance(one, ipaddress.IPv4Network)))
    v6 = ipaddress.collapse_addresses(one for one in ranges if isinstance(one, ipaddress.IPv6Network))
    if sum(one.num_addresses for one in v4) > MOST_V4:
        return False
    return all(one.prefixlen >= BROADEST_V4 for one in v4) and all(
        one.prefixlen >= BROADEST_V6 or one.subnet_of(UNIQUE_LOCAL) for one in v6
    )
