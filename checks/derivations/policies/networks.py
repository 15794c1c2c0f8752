"""Ranges of addresses in a policy: narrow enough to be somebody's, and whose. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

BROADEST_V4, BROADEST_V6 = 8, 32  # prefix lengths; S3 calls broader ranges public
MOST_V4 = 4 * 2 ** (32 - BROADEST_V4)  # addresses in all: a hundred ranges of that breadth are the public, too
V4_IN_V6 = ipaddress.IPv6Network("::ffff:0:0/96")  # the whole Internet, written as IPv6
UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network | None:
    """A range or a single address; None if it is neither."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def are_narrow(values: tuple[str, ...]) -> bool:
    """Are all ranges, taken together, narrow? Two halves of the Internet are the Internet."""
    ranges = [network(value) for value in values]
    if None in ranges:
        return False
    v4 = tuple(ipaddress.collapse_addresses(one for one in ranges if isinstance(one, ipaddress.IPv4Network)))
    v6 = tuple(ipaddress.collapse_addresses(one for one in ranges if isinstance(one, ipaddress.IPv6Network)))
    if sum(one.num_addresses for one in v4) > MOST_V4:
        return False
    if any(one.overlaps(V4_IN_V6) for one in v6):
        return False
    return all(one.prefixlen >= BROADEST_V4 for one in v4) and all(
        one.prefixlen >= BROADEST_V6 or one.subnet_of(UNIQUE_LOCAL) for one in v6
    )


def lies_in(text: str, others: Iterable[str]) -> bool:
    """Does a range lie within one of the others?"""
    mine = network(text)
    theirs = [network(other) for other in others]
    return mine is not None and any(other is not None and _within(mine, other) for other in theirs)


def is_private(text: str) -> bool:
    """A range that nobody on the Internet can call from."""
    mine = network(text)
    return mine is not None and mine.is_private


def _within(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and one.subnet_of(other)
    return isinstance(other, ipaddress.IPv6Network) and one.subnet_of(other)
