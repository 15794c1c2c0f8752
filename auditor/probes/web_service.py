"""What the address of a web asset names: a host, its two ports, and a path."""

from __future__ import annotations

from urllib.parse import urlsplit

from auditor.model import Asset
from auditor.probes.redirects import PORTS
from auditor.records import dataclass


@dataclass(frozen=True, slots=True)
class WebService:
    """What the asset's URL names. Plain HTTP is asked on port 80, unless the URL itself is an http one."""

    host: str
    https_port: int
    http_port: int
    path: str

    @classmethod
    def of(cls, asset: Asset) -> WebService:
        parts = urlsplit(asset.address)
        ports = dict(PORTS)
        if parts.port:
            ports[parts.scheme] = parts.port
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname or "", ports["https"], ports["http"], path)

    def url(self, scheme: str) -> str:
        port = self.https_port if scheme == "https" else self.http_port
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}{'' if port == PORTS[scheme] else f':{port}'}{self.path}"
