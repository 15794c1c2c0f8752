"""Which condition narrows "everybody" to somebody, and to whom. Pure.

What counts as fixed is S3's own definition of "public": S3 User Guide, "Blocking public access to your Amazon S3
storage", section "The meaning of public", made exact for the operators that are true where a key is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from auditor.facts.sharing import Bound, Party, PartyKind
from checks.derivations.policies.grammar import Test
from checks.derivations.policies.networks import are_narrow
from checks.derivations.policies.patterns import has_wildcard
from checks.derivations.policies.principals import of_arn, party

POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"})
NEGATIONS = {  # what a Deny tests, and the test that it is the negation of
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
}
NETWORKS = {"aws:sourceip": PartyKind.NETWORK, "aws:vpcsourceip": PartyKind.INSIDE_NETWORK}
ARNS = frozenset({"aws:principalarn", "aws:sourcearn", "s3:dataaccesspointarn"})
ORGANISATION_PATHS = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths"})
SOURCES = frozenset(  # what a service says of whom it acts for
    {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}
)
_ARN_OF_ACCOUNT = re.compile(r"arn:[^:*?$]+:[^:*?$]*:[^:*?$]*:\d{12}:[^$]*")
# ARN operators compare part by part, so that a wildcard before the account stays in its part.
_ARN_OF_ACCOUNT_BY_PARTS = re.compile(r"arn:[^:$]+:[^:$]*:[^:$]*:\d{12}:[^$]+")
ARN_OPERATORS = frozenset({"arnequals", "arnlike"})
_ACCOUNT = re.compile(r"\d{12}")
# What these keys hold where nobody signed (IAM User Guide, "Principal key values"): fixed, and anybody.
ANONYMOUS = "anonymous"
TELL_ANONYMOUS = frozenset({"aws:userid", "aws:principalaccount"})
_ROLE_IN_ANY_SESSION = re.compile(r"A[A-Z0-9]{15,127}:\*")
OWNERS = {  # a variable that stands for whoever the bucket belongs to
    ("aws:principalorgid", "${aws:resourceorgid}"): PartyKind.OWN_ORGANISATION,
    ("aws:principalaccount", "${aws:resourceaccount}"): PartyKind.OWN_ORGANISATION,
}


def _account(value: str) -> Party:
    return party(PartyKind.ACCOUNT, value) if _ACCOUNT.fullmatch(value) else party(PartyKind.UNNAMED, value)


def _access_points(value: str) -> Party:
    named = of_arn(value)
    return party(PartyKind.ACCESS_POINTS, named.who) if named.kind is PartyKind.ACCOUNT else named


PARTIES: dict[str, Callable[[str], Party]] = {
    "aws:principalaccount": _account,
    "aws:principalarn": of_arn,
    "aws:principalorgid": lambda value: party(PartyKind.ORGANISATION, value),
    "aws:principalorgpaths": lambda value: party(PartyKind.ORGANISATION, value.split("/", 1)[0]),
    "aws:sourceaccount": _account,
    "aws:sourcearn": of_arn,
    "aws:sourceorgid": lambda value: party(PartyKind.ORGANISATION, value),
    "aws:sourceorgpaths": lambda value: party(PartyKind.ORGANISATION, value.split("/", 1)[0]),
    "aws:sourceowner": _account,
    "aws:sourcevpc": lambda value: party(PartyKind.VPC, value),
    "aws:sourcevpce": lambda value: party(PartyKind.VPC, value),
    "aws:userid": lambda value: party(PartyKind.UNNAMED, value),
    "kms:calleraccount": _account,
    "s3:dataaccesspointaccount": lambda value: party(PartyKind.ACCESS_POINTS, value),
    "s3:dataaccesspointarn": _access_points,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": lambda value: party(PartyKind.UNNAMED, value),
}


def pin_of(test: Test) -> Bound | None:
    """The fixed somebodies that this test lets through; None if it lets others through as well.

    Not with `IfExists` (true for callers without the key, anonymous ones among them), not with `ForAllValues` (true
    for the empty set), not negated, not with Null, and only with values that are fixed.
    """
    if test.operator not in POSITIVE or test.if_exists or test.qualifier == "forallvalues":
        return None
    if test.key in NETWORKS:
        kind = NETWORKS[test.key]
        return _bound(test, tuple(party(kind, value) for value in test.values)) if are_narrow(test.values) else None
    if test.operator == "ipaddress" or test.key not in PARTIES:
        return None
    if not all(_is_fixed(test.key, value) for value in test.values):
        return None
    return _bound(test, tuple(PARTIES[test.key](value) for value in test.values))


def negated_pin_of(test: Test) -> Bound | None:
    """Whom a Deny with this test spares, where it spares fixed somebodies only.

    Negated operators are true where the key is absent, with and without `IfExists`: anonymous callers are denied.
    """
    positive = NEGATIONS.get(test.operator)
    if positive is None or test.qualifier:
        return None
    return pin_of(replace(test, operator=positive, if_exists=False))


def limit_of(test: Test) -> Bound | None:
    """Whom a test limits it to in effect, though S3 counts it as public: its values are not fixed by themselves."""
    if test.operator not in POSITIVE or test.if_exists or test.qualifier == "forallvalues":
        return None
    if all((test.key, value.lower()) in OWNERS for value in test.values):
        return _bound(test, (party(PartyKind.OWN_ORGANISATION, ""),))
    if _names_accounts_by_parts(test):
        return None if pin_of(test) else _bound(test, tuple(PARTIES[test.key](value) for value in test.values))
    if test.key == "aws:userid" and all(_ROLE_IN_ANY_SESSION.fullmatch(value) for value in test.values):
        return _bound(test, tuple(party(PartyKind.UNNAMED, value) for value in test.values))
    return None


def _names_accounts_by_parts(test: Test) -> bool:
    is_by_parts = test.key in ARNS and test.operator in ARN_OPERATORS
    return is_by_parts and all(_ARN_OF_ACCOUNT_BY_PARTS.fullmatch(value) for value in test.values)


def _bound(test: Test, parties: tuple[Party, ...]) -> Bound:
    return Bound(by=test.key, parties=parties)


def _is_fixed(key: str, value: str) -> bool:
    if not value or (key in TELL_ANONYMOUS and value.lower() == ANONYMOUS):
        return False
    if not has_wildcard(value):
        return True
    if key in ARNS:  # a wildcard behind the account stays inside the account
        return _ARN_OF_ACCOUNT.fullmatch(value) is not None
    if key in ORGANISATION_PATHS:
        organisation = value.split("/", 1)[0]
        return organisation.startswith("o-") and not has_wildcard(organisation) and "${" not in value
    return False
