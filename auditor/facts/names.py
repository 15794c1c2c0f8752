"""Where a service's DNS name leads by its aliases. Knows no rule."""

from __future__ import annotations

from enum import StrEnum

from auditor.facts.base import Facts, Plain
from auditor.facts.storage_endpoints import StorageEndpoint, storage_at
from auditor.records import dataclass


class NameEnd(StrEnum):
    """What is at the end of the aliases."""

    ADDRESS = "address"
    NO_ADDRESS = "no_address"  # the name exists and has none
    NO_NAME = "no_name"  # the name does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageBehind(Plain):
    """A provider's storage that a name leads to. `bucket` "": which, the names do not say."""

    at: str  # the name that is the provider's
    endpoint: StorageEndpoint
    bucket: str
    is_alias: bool  # False: the service's own address is the provider's name


@dataclass(frozen=True, slots=True, kw_only=True)
class NameChain(Facts):
    """The aliases (CNAME) of a service's name, in their order. `why_not`: why nobody was asked; "": somebody was."""

    name: str
    aliases: tuple[str, ...] = ()
    end: NameEnd | None = None
    resolver: str = ""  # who said so
    why_not: str = ""

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if (self.end is None) != bool(self.why_not):
            raise ValueError("a chain has an end, or there is a reason why nobody was asked")
        if self.why_not and self.aliases:
            raise ValueError("nobody was asked, and somebody answered")

    @property
    def storage(self) -> StorageBehind | None:
        """The first of the names that is a storage provider's; None: none is known as one."""
        for name in (self.name, *self.aliases):
            endpoint = storage_at(name)
            if endpoint:
                is_alias = name != self.name
                bucket = self.name if is_alias and endpoint.by_host else endpoint.bucket
                return StorageBehind(at=name, endpoint=endpoint, bucket=bucket, is_alias=is_alias)
        return None
