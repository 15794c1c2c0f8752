"""Where looking may go: the declared scope, and the walls around private space."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from auditor.errors import Unreachable
from auditor.model import Reason
from auditor.records import dataclass

METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "169.254.170.2"})
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """`suffixes`: DNS names whose subtree is in scope. `networks`: addresses in scope. `excluded`: never touched.

    An empty fence (no suffix, no network) is that of an ad hoc check: the named targets themselves are its scope.
    """

    suffixes: frozenset[str] = frozenset()
    networks: tuple[IPNetwork, ...] = ()
    excluded: frozenset[str] = frozenset()

    def admits(self, host: str) -> bool:
        """Is this name or address inside the declared scope?"""
        host = host.rstrip(".").lower()
        if self.excludes(host):
            return False
        if not self.suffixes and not self.networks:
            return True
        address = as_address(host)
        if address is not None:
            return any(address in network for network in self.networks)
        return any(is_under(host, suffix) for suffix in self.suffixes)

    def excludes(self, host: str) -> bool:
        """Is this name or address one that must never be touched?"""
        host = host.rstrip(".").lower()
        return any(is_under(host, name) for name in self.excluded)

    def require(self, host: str) -> None:
        """Raise `Unreachable(OUT_OF_SCOPE)` for a host outside."""
        if not self.admits(host):
            raise Unreachable(Reason.OUT_OF_SCOPE, f"{host} was not contacted")


@lru_cache(maxsize=256)
def as_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return None


def is_private(address: str) -> bool:
    """Loopback, private, link-local, shared, reserved or multicast space: where a stranger's redirect must not lead.

    IPv4 addresses carried in IPv6 (mapped, 6to4, NAT64, Teredo) count as what they carry.
    """
    parsed = as_address(address)
    if parsed is None:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        carried = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo or (None, None))[1]
        if carried is None and parsed in ipaddress.IPv6Network("64:ff9b::/96"):
            carried = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if carried is not None:
            return is_private(str(carried))
    return not parsed.is_global or parsed.is_multicast


@lru_cache(maxsize=256)
def is_metadata(address: str) -> bool:
    """The address where clouds hand out credentials to whoever asks (listed: AWS, GCP, Azure, Alibaba, ECS)."""
    parsed = as_address(address)
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return parsed is not None and str(parsed) in METADATA


def is_under(host: str, name: str) -> bool:
    name = name.rstrip(".").lower()
    return host == name or host.endswith("." + name)
