"""What a service that advertises HTTP/3 says of its versions of QUIC. Knows no rule."""

from __future__ import annotations

from auditor.facts.base import Facts
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QuicVersions(Facts):
    """The versions of QUIC that one address names when it is asked in one that nobody speaks (RFC 9000 section 6.1).

    `protocols`: the ids under which its answer over TCP advertises HTTP over QUIC at its own host and port; (): none,
    and it was sent nothing. `versions`: as they were named, without those that are reserved (section 15).
    """

    url: str
    protocols: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        if bool(self.protocols) != bool(self.versions):
            raise ValueError("who is asked names a version, and nobody is asked who does not advertise it")
        if not all(0 <= version < 2**32 for version in self.versions):
            raise ValueError("a version has 32 bits")
