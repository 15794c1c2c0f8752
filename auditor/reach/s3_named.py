"""What AWS and the lists of the audited accounts tell of a bucket by its name alone: is it there, and whose is it?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from auditor.errors import Unreachable
from auditor.facts.storage_endpoints import partition_of
from auditor.model import Asset, Reason
from auditor.records import dataclass

if TYPE_CHECKING:
    from auditor.reach.s3 import Storage

LOCATION = "get_bucket_location"  # answered to the owner, refused to others, and NoSuchBucket where there is none


@dataclass(frozen=True, slots=True)
class KnownBucket:
    """`holder`: the audited account in whose list it stands; "" for none. `listed`: those that do not hold it.

    That is so where the list was seen whole, and where the account lies in another partition. `unlisted`: the word of a
    `Reason` why one was not.
    """

    exists: bool
    holder: str
    listed: tuple[str, ...]
    unlisted: str


def bucket_named(storage: Storage, name: str, partition: str, profiles: Iterable[str | None]) -> KnownBucket:
    """Ask for a bucket with the credentials of audited accounts, and of nobody else. Raises Unreachable.

    Those of other partitions are not asked: the same name is another bucket there.
    """
    profiles = tuple(profiles)
    if storage.is_compatible or not profiles:
        raise Unreachable(Reason.NO_CREDENTIAL, f"s3://{name}: no account at AWS is audited, so nobody may ask")
    asking = tuple(profile for profile in profiles if partition_of(storage.region_of(profile)) == partition)
    if not asking:
        why = f"it lies in the partition {partition} of AWS, and no account there is audited"
        raise Unreachable(Reason.NO_CREDENTIAL, f"s3://{name}: {why}")
    listed: list[str] = []
    unlisted = ""
    for profile in profiles:
        account = storage.account(profile)
        try:
            number = account.number()
            if profile not in asking:
                listed.append(number)
                continue
            listing = account.listing()
        except Unreachable as failure:
            unlisted = unlisted or failure.reason.word
            continue
        if name in listing.regions:
            return KnownBucket(exists=True, holder=number, listed=(), unlisted="")
        if listing.failure:
            unlisted = unlisted or listing.failure.reason.word
        else:
            listed.append(number)
    return KnownBucket(_exists(storage, name, asking), "", tuple(sorted(set(listed))), unlisted)


def _exists(storage: Storage, name: str, profiles: tuple[str | None, ...]) -> bool:
    """A refusal is an answer: what is not there is said not to be there, whoever asks. Raises Unreachable."""
    failure: Unreachable | None = None
    for profile in profiles:
        asset = Asset(id=name, kind="bucket", address=f"s3://{name}", system="", credential=profile)
        try:
            storage.bucket(asset).ask(LOCATION)
        except Unreachable as error:
            if error.reason in (Reason.ACCESS_DENIED, Reason.GONE):
                return error.reason is Reason.ACCESS_DENIED
            failure = failure or error
        else:
            return True
    raise failure or Unreachable(Reason.NO_CREDENTIAL, f"s3://{name}")
