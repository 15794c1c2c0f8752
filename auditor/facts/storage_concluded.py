"""What derivations conclude of buckets, keys and accounts, one question each: the faults that were proven.

Derived at judging time, never kept. Where the facts do not settle a question there is none of these, but an Unseen.
"""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Plain):
    """One thing that is wrong: where to look it up again, and what was there."""

    where: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded(Facts):
    """No faults: there are none for certain. `idle`: why the question does not arise; "" where it does."""

    faults: tuple[Fault, ...] = ()
    idle: str = ""
    notes: tuple[Fault, ...] = ()  # what is good to know, and no fault

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if self.idle and not self.idle.strip():
            raise ValueError("why a question does not arise is said in words")
        if self.idle and self.faults:
            raise ValueError("a question that does not arise has no faulty answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBucket(Plain):
    name: str
    account: str  # twelve digits


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBuckets(Facts):
    """Buckets of the inventory that were seen to belong to the account that reads them."""

    rows: tuple[OwnBucket, ...]

    def account_of(self, name: str) -> str:
        """The account of a bucket; "" where it is not known."""
        return next((row.account for row in self.rows if row.name == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentPublic(Concluded):
    """Statements and grants that would let the public in, and what alone holds them back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsPublic(Concluded):
    """Access points whose own policy lets the public in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorsUnblocked(Concluded):
    """Access points on the Internet that no full public access block covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketUnblocked(Concluded):
    """Flags of the public access block that are set neither at the bucket nor at its account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsActive(Concluded):
    """Access control lists that count beside the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDoorsForeign(Concluded):
    """Access points of an account that lead to buckets of accounts that are not the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDoorsPublic(Concluded):
    """Access points of an account, not those of one bucket alone, whose own policy lets the public in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDoorsShared(Concluded):
    """The same, for whoever else outside is let in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessGrantsUnread(Concluded):
    """Regions with an instance of S3 Access Grants, whose grants nobody here reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUnblocked(Concluded):
    """Flags of the account's public access block that are not set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedOutside(Concluded):
    """Accounts, organisations and networks inside the provider that are let in and are not the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenToNetworks(Concluded):
    """Networks that are let in, whoever calls from them, and are not the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeputiesUnbound(Concluded):
    """Services of the provider that are let in, for whomever they act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphansNamed(Concluded):
    """Principals in the policy that do not exist any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsiteServed(Concluded):
    """A website endpoint, which speaks plain HTTP alone, before data that is not public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysForeign(Concluded):
    """Keys of new objects that another's account holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInProvidersStore(Concluded):
    """Keys of new objects that lie in the provider's store, where the data asks for a store of the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysUnusable(Concluded):
    """Keys of new objects that are disabled, about to be deleted, or without material."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysStill(Concluded):
    """Keys of new objects that are never renewed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysShared(Concluded):
    """Whom outside the key policies let use the keys of new objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysGranted(Concluded):
    """Whom outside grants let use the keys of new objects, beside the key policies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldPlaintext(Concluded):
    """Objects that are older than encryption by default, and are not encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersKeys(Concluded):
    """May whoever writes bring a key of their own (SSE-C)?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTooLong(Concluded):
    """What the lifecycle rules leave lying longer than the system's retention schedule allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedTooLong(Concluded):
    """A default lock that outlasts the retention schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesOutside(Concluded):
    """Replication into accounts that are not the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationsGone(Concluded):
    """Buckets that copies, logs or lists go to, and that do not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracesOutside(Concluded):
    """Lists of objects and messages of events that go to accounts that are not the city's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOutside(Concluded):
    """A region in a country in which the city's data may not lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsHidden(Concluded):
    """Security settings that the credential may not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassUnnamed(Concluded):
    """Does anybody say what kind of data it holds?"""
