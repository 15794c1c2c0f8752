"""What an address is, the standard library says."""

from __future__ import annotations

import ipaddress

from hypothesis import example, given
from hypothesis import strategies as st

from auditor.inventory import locators

PIECES = [
    "1",
    "0",
    "192",
    "255",
    "256",
    ".",
    ".",
    "..",
    ":",
    "::",
    "a",
    "ff",
    "[",
    "]",
    "%",
    "/",
    "x",
    "\u0663",
    "1.2.3.4",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@example("192.0.2.7")
@example("192.0.2.7.")
@example("[2001:DB8::1]")
@example("::ffff:192.0.2.7")
@example("fe80::1%eth0")
@example("")
def test_a_host_is_an_address_if_the_standard_library_reads_one(text: str) -> None:
    bare = text.removesuffix(".").lower()
    try:
        wanted = str(ipaddress.ip_address(bare.removeprefix("[").removesuffix("]")))
    except ValueError:
        wanted = None
    try:
        read = locators.host(text)
    except ValueError:
        assert wanted is None
    else:
        assert read == (wanted or bare)
