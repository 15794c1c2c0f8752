"""Whom of the public a bucket policy lets in, statement by statement. Pure; knows no public access block.

A statement lets the public in if its principal is open and no condition pins it; a Deny guards it if it covers
the statement and spares fixed somebodies only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from auditor.facts.storage import CHANGES, AccessClass
from checks.derivations.bucket_pins import is_negated_pin, pins
from checks.derivations.bucket_policy import PolicyRefused, Statement, Whom, covers, has_wildcard, matches

# Actions that stand for a class (Service Authorization Reference, Amazon S3).
EXAMPLES = {
    AccessClass.READ: ("getobject", "getobjectversion", "getobjecttorrent", "getobjectacl", "getobjecttagging"),
    AccessClass.LIST: ("listbucket", "listbucketversions", "listbucketmultipartuploads", "listmultipartuploadparts"),
    AccessClass.WRITE: (
        "putobject",
        "putobjectacl",
        "putobjectversionacl",
        "putobjecttagging",
        "putobjectretention",
        "putobjectlegalhold",
        "deleteobject",
        "deleteobjectversion",
        "deleteobjecttagging",
        "restoreobject",
        "replicateobject",
        "replicatedelete",
        "abortmultipartupload",
        "bypassgovernanceretention",
        "updateobjectencryption",
        "objectowneroverridetobucketowner",
    ),
    AccessClass.ADMIN: (
        "putbucketpolicy",
        "putbucketacl",
        "putbucketpublicaccessblock",
        "putbucketownershipcontrols",
        "putbucketversioning",
        "putbucketlogging",
        "putbucketnotification",
        "putbucketwebsite",
        "putbuckettagging",
        "putbucketcors",
        "putbucketobjectlockconfiguration",
        "putencryptionconfiguration",
        "putlifecycleconfiguration",
        "putreplicationconfiguration",
        "putinventoryconfiguration",
        "deletebucket",
        "deletebucketpolicy",
        "deletebucketwebsite",
    ),
}
# Verbs that change something: an action that is not listed above and starts so is not harmless.
CHANGING = ("put", "delete", "create", "update", "replicate", "restore", "bypass", "abort", "initiate")

_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")  # what is left of a deleted principal: AIDA…, AROA…


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """A statement that lets the public in. `guarded`: a Deny takes it back."""

    name: str
    access: frozenset[AccessClass]
    guarded: bool


def open_statements(statements: tuple[Statement, ...]) -> tuple[OpenStatement, ...]:
    """Every statement that lets the public in. Raises PolicyRefused for a principal that nobody documents."""
    denies = [statement for statement in statements if not statement.allows]
    return tuple(
        OpenStatement(one.name, access_of(one), any(_guards(deny, one) for deny in denies))
        for one in statements
        if one.allows and _is_open(one) and not any(pins(test) for test in one.tests)
    )


def access_of(statement: Statement) -> frozenset[AccessClass]:
    """What the statement's actions let somebody do. NotAction leaves every class open that it does not close whole."""
    if statement.all_but_actions:
        return frozenset(AccessClass)
    found = {name for name, examples in EXAMPLES.items() for action in examples if _grants(statement, action)}
    if not found & CHANGES and any(_verb(action).startswith(CHANGING) for action in statement.actions):
        found.add(AccessClass.WRITE)
    return frozenset(found) or frozenset({AccessClass.OTHER})


def _grants(statement: Statement, action: str) -> bool:
    return any(matches(pattern, f"s3:{action}") for pattern in statement.actions)


def _verb(action: str) -> str:
    return action.partition(":")[2]


def _is_open(statement: Statement) -> bool:
    if statement.whom is not Whom.NAMED:
        return True  # everybody, everybody but some, or nobody named at all
    verdicts = [_admits_anybody(kind, value) for kind, value in statement.principals]  # each one is read
    return any(verdicts)


def _admits_anybody(kind: str, value: str) -> bool:
    """Is this principal one that anybody can be? Raises PolicyRefused for what is not in the grammar."""
    if has_wildcard(value):
        return True
    if kind == "Federated":  # a SAML or OIDC provider of an account has an ARN; a web identity anybody can get
        return _ARN.fullmatch(value) is None
    if kind == "AWS" and not (_ACCOUNT.fullmatch(value) or _ARN.fullmatch(value) or _UNIQUE_ID.fullmatch(value)):
        raise PolicyRefused("a principal is neither an account nor an ARN")
    return False


def _guards(deny: Statement, allow: Statement) -> bool:
    """Does a Deny take back what an Allow gives, but for fixed somebodies? Whatever is more complex does not count."""
    if deny.whom is not Whom.EVERYBODY or deny.all_but_actions or deny.all_but_resources:
        return False
    if allow.all_but_resources or (allow.all_but_actions and not _denies_all_actions(deny)):
        return False
    if len(deny.tests) > 1 or not all(is_negated_pin(test) for test in deny.tests):
        return False
    return (allow.all_but_actions or _all_covered(allow.actions, deny.actions)) and _all_covered(
        allow.resources, deny.resources
    )


def _denies_all_actions(deny: Statement) -> bool:
    return any(covers(pattern, "s3:*") for pattern in deny.actions)


def _all_covered(patterns: tuple[str, ...], by: tuple[str, ...]) -> bool:
    # A policy variable in a Deny stands for a text that we do not know, so it covers nothing.
    known = [pattern for pattern in by if "${" not in pattern]
    return all(any(covers(cover, pattern) for cover in known) for pattern in patterns)
