"""What the address of a TLS port says. Opens nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditor.facts.starttls import Spoken
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class Port:
    """What an address of a TLS port names: smtp://host[:port] and the like; tls://host:port speaks TLS at once."""

    spoken: Spoken
    host: str
    port: int

    @classmethod
    def of(cls, address: str) -> Port:
        parts = urlsplit(address)
        spoken = Spoken(parts.scheme)
        return cls(spoken, parts.hostname or "", parts.port or spoken.usual_port or 443)
