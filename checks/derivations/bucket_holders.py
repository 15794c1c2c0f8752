"""Who holds a bucket: the city, a vendor by an agreement in force, or a stranger. Knows no network.

A stranger's is only what is known to be no account's of the city: with an account that was not listed it stays open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from auditor.derive import Undecided, derive
from auditor.facts import Declared, Registered
from auditor.facts.bucket_holders import BucketHolding, BucketState, Holder, NamedBucket, NameHolding
from auditor.facts.storage import ServerKind
from auditor.facts.storage_account import BucketOwner
from auditor.model import Reason

AWS = "aws"
NO_STORAGE = "the name leads to no storage provider that is known here"
DANGLING = "nothing is there, which another check says"
OWN_SERVER = "the bucket lies on a server of one's own, which has no accounts of a provider"


@derive(reads=(NamedBucket, Declared), yields=NameHolding)
def name_holding(named: NamedBucket, declared: Declared) -> NameHolding:
    """Undecided where not all of the city's accounts were listed, or the provider's are not looked at."""

    def said(holder: Holder, by: str = "", lapsed: str = "", why_not: str = "") -> NameHolding:
        where = named.url or named.at
        bucket = f"{named.bucket or 'a bucket'} at {named.provider} ({where})" if named.at else ""
        return NameHolding(
            observed_at=named.observed_at,
            bucket=bucket,
            holder=holder,
            by=by,
            lapsed=lapsed,
            why_not=why_not,
            sensitivity=declared.sensitivity,
        )

    if not named.at:
        return said(Holder.NOBODY, why_not=named.why_not)
    if named.state is BucketState.ABSENT:
        return said(Holder.NOBODY, why_not=DANGLING)
    if named.holder:
        return said(Holder.CITY, f"account {named.holder}")
    known = [row for row in declared.registered_buckets if row.name == named.bucket]
    known += [row for row in declared.registered_domains if any(_is_under(one, row.name) for one in named.aliases)]
    allowed = _allowed(known, named.observed_at)
    if allowed:
        return said(Holder.VENDOR, allowed)
    _require_all_accounts(named, declared)
    return said(Holder.STRANGER, lapsed=_lapsed(known, named.observed_at))


@derive(reads=(BucketOwner, Declared), yields=BucketHolding)
def bucket_holding(owner: BucketOwner, declared: Declared) -> BucketHolding:
    """Undecided where it is not known whose the bucket is."""

    def said(holder: Holder, by: str = "", lapsed: str = "", why_not: str = "") -> BucketHolding:
        return BucketHolding(
            observed_at=owner.observed_at,
            bucket=owner.bucket or "the bucket",
            holder=holder,
            by=by,
            lapsed=lapsed,
            why_not=why_not,
            sensitivity=declared.sensitivity,
        )

    if owner.server is ServerKind.COMPATIBLE:
        return said(Holder.NOBODY, why_not=OWN_SERVER)
    account = _account_of(owner)
    known = [row for row in declared.registered_accounts if account and row.name == account]
    known += [row for row in declared.registered_buckets if row.name == owner.bucket]
    if account in declared.own_accounts or (account and not declared.own_accounts and not known):
        return said(Holder.CITY, f"account {account}")
    allowed = _allowed(known, owner.observed_at)
    if allowed:
        return said(Holder.VENDOR, allowed)
    if not account:
        _require_no_own_account(owner, declared)
    return said(Holder.STRANGER, f"account {account}" if account else "", _lapsed(known, owner.observed_at))


def _account_of(owner: BucketOwner) -> str:
    """The account that is known to hold it: the credential's, or the declared one that it answered for; "" for none."""
    if owner.is_listed:
        return owner.account
    if owner.is_proven:
        return owner.declared_account or owner.account
    return ""


def _require_no_own_account(owner: BucketOwner, declared: Declared) -> None:
    """Raises Undecided unless every account of the city is known not to hold it."""
    others = set(declared.own_accounts) - {owner.account}
    if owner.is_listed is None or others or not declared.own_accounts:
        whose = f"{owner.bucket or 'the bucket'} may be another account's of the city, which was not asked"
        raise Undecided(_reason(owner.list_reason), whose)


def _require_all_accounts(named: NamedBucket, declared: Declared) -> None:
    if named.why_not or named.provider != AWS:
        raise Undecided(Reason.NO_CREDENTIAL, f"{named.at}: {named.why_not or 'its accounts are not looked at'}")
    missing = sorted(set(declared.own_accounts) - set(named.listed))
    if named.unlisted or missing or not declared.own_accounts:
        of = ", ".join(missing) or ("an audited account" if named.unlisted else "the city (its scope names none)")
        detail = f"{named.bucket} is in no list of an audited account, and not seen were the buckets of {of}"
        raise Undecided(_reason(named.unlisted), detail)


def _reason(word: str) -> Reason:
    return next((reason for reason in Reason if reason.word == word), Reason.NO_CREDENTIAL)


def _allowed(rows: Iterable[Registered], at: datetime) -> str:
    """The agreement by which somebody may hold it, in words; "" for none."""
    return next((f"{row.vendor}, {row.agreement}" for row in rows if row.allows_at(at)), "")


def _lapsed(rows: Iterable[Registered], at: datetime) -> str:
    """Why an agreement that names the holder does not count, in words; "" where none names it."""
    for row in rows:
        why = f"ended {row.ends:%Y-%m-%d %H:%M} UTC" if row.is_past_at(at) else "does not cover this data"
        return f"{row.vendor}, {row.agreement}: {why}"
    return ""


def _is_under(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


DERIVATIONS = (name_holding, bucket_holding)
