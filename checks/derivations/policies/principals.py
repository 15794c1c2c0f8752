"""The principals of an Allow: everybody, or which fixed somebodies. Pure."""

from __future__ import annotations

import re

from auditor.facts import target_text
from auditor.facts.sharing import Bound, Party, PartyKind
from checks.derivations.policies.grammar import PolicyRefused, Statement, Whom
from checks.derivations.policies.patterns import has_wildcard

_ACCOUNT = re.compile(r"\d{12}")
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:([^:]*):.+")
KINDS = {"Service": PartyKind.SERVICE, "CanonicalUser": PartyKind.CANONICAL}
_ORIGIN_IDENTITY = re.compile(r"arn:[^:]+:iam::cloudfront:user/CloudFront Origin Access Identity ([A-Z0-9]+)")
UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")  # what is left of a deleted principal: AIDA…, AROA…


def party(kind: PartyKind, who: str) -> Party:
    """The policy is the target's text: cut, and without what the codec cannot write."""
    return Party(kind=kind, who=target_text(who))


def of_arn(value: str) -> Party:
    """Whose an ARN is, in any partition: its account's, or nobody's that it names."""
    found = _ARN.fullmatch(value)
    if found and _ACCOUNT.fullmatch(found[1]):
        return party(PartyKind.ACCOUNT, found[1])
    identity = _ORIGIN_IDENTITY.fullmatch(value)
    return party(PartyKind.ORIGIN_IDENTITY, identity[1]) if identity else party(PartyKind.UNNAMED, value)


def named(statement: Statement) -> Bound | None:
    """Who is named; None if anybody passes: everybody, everybody but some, or nobody named at all.

    Raises PolicyRefused for a principal that nobody documents.
    """
    if statement.whom is not Whom.NAMED:
        return None
    parties = [_party(kind, value) for kind, value in statement.principals]  # each one is read
    known = tuple(one for one in parties if one is not None)
    return Bound(by="Principal", parties=known) if len(known) == len(parties) else None


def _party(kind: str, value: str) -> Party | None:
    """One principal; None for one that anybody can be. Raises PolicyRefused for what is not in the grammar."""
    if has_wildcard(value):
        return None
    if kind == "Federated":  # a SAML or OIDC provider of an account has an ARN; a web identity anybody can get
        return of_arn(value) if _ARN.fullmatch(value) else None
    if kind in KINDS:
        return party(KINDS[kind], value)
    if _ACCOUNT.fullmatch(value):
        return party(PartyKind.ACCOUNT, value)
    return _other_than_account(value)


def _other_than_account(value: str) -> Party:
    if UNIQUE_ID.fullmatch(value):
        return party(PartyKind.ORPHANED, value)
    if not _ARN.fullmatch(value):
        raise PolicyRefused("a principal is neither an account nor an ARN")
    return of_arn(value)
