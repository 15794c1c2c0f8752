"""Compares what two scanners say of one host, and has openssl decide, there and then, where they differ.

A fact is a pair: a version and a suite that it takes, "curve" and a group, "leaf" and the certificate's SHA-256.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NotRequired, TypedDict
from xml.etree import ElementTree

from bench.tls_peers_places import address_of, name_of

Fact = tuple[str, str]


class Row(TypedDict):
    """What the children print of one host."""

    suites: list[Fact]
    curves: list[str]
    curves_asked: NotRequired[list[str]]
    leaf: str
    open: dict[str, str]


CURVE, LEAF = "curve", "leaf"
# Version → openssl's option, and nmap's name of it.
OPTIONS = {"tls1.0": "-tls1", "tls1.1": "-tls1_1", "tls1.2": "-tls1_2", "tls1.3": "-tls1_3"}
NMAP_VERSIONS = {"SSLv3": "ssl3", "TLSv1.0": "tls1.0", "TLSv1.1": "tls1.1", "TLSv1.2": "tls1.2", "TLSv1.3": "tls1.3"}
EVERY_SUITE = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


@dataclass(frozen=True, slots=True)
class Answers:
    """What one scanner says of one host. `curves_asked` None: all of them. `open`: topic → why it is not settled."""

    facts: frozenset[Fact]
    curves_asked: frozenset[str] | None = None
    open: Mapping[str, str] = field(default_factory=dict)

    def asked(self, fact: Fact) -> bool:
        topic, name = fact
        return topic != CURVE or self.curves_asked is None or name in self.curves_asked


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Facts of all hosts together. `theirs_missed` and `theirs_wrong`: openssl agreed with us against the peer."""

    compared: int
    left_open: tuple[str, ...]
    theirs_missed: tuple[str, ...]
    theirs_wrong: tuple[str, ...]
    unexplained: tuple[str, ...]


def read_scan(text: str) -> dict[int, Answers]:
    """The JSON that the children print, ours and sslyze's."""
    return {int(number): _answers(row) for number, row in json.loads(text).items()}


def read_nmap(text: str) -> dict[int, Answers]:
    """nmap's XML: versions and suites alone."""
    found = {}
    for host in ElementTree.fromstring(text).iter("host"):
        address = next(one.get("addr", "") for one in host.iter("address"))
        rows = [
            (NMAP_VERSIONS[version.get("key", "")], (name.text or "").replace("TLS_AKE_WITH_", "TLS_"))
            for script in host.iter("script")
            for version in script.findall("table")
            for name in version.findall("table[@key='ciphers']/table/elem[@key='name']")
        ]
        found[int(address.rpartition(".")[2])] = Answers(frozenset(rows))
    return found


def compare(ours: Mapping[int, Answers], theirs: Mapping[int, Answers], topics: frozenset[str] | None) -> Verdicts:
    """`topics` None: everything. Raises KeyError where a scanner left out a host."""
    compared, sorted_out = 0, _SortedOut()
    for number, we in ours.items():
        they = theirs[number]
        facts = {fact for fact in we.facts | they.facts if they.asked(fact) and (topics is None or fact[0] in topics)}
        compared += len(facts)
        for fact in sorted(facts):
            if (fact in we.facts) is not (fact in they.facts):
                sorted_out.put(number, fact, is_ours=fact in we.facts, is_open=fact[0] in we.open)
    return sorted_out.verdicts(compared)


@dataclass(slots=True)
class _SortedOut:
    """Differences, by what became of them."""

    left_open: list[str] = field(default_factory=list)
    theirs_missed: list[str] = field(default_factory=list)
    theirs_wrong: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    def put(self, number: int, fact: Fact, *, is_ours: bool, is_open: bool) -> None:
        truth = openssl_connects(number, fact)
        words = f"{name_of(number)}: {fact[0]} {fact[1]}"
        if truth is None or (truth is not is_ours and not is_open):
            self.unexplained.append(words)
        elif truth is not is_ours:
            self.left_open.append(words)
        else:
            (self.theirs_missed if is_ours else self.theirs_wrong).append(words)

    def verdicts(self, compared: int) -> Verdicts:
        rows = (self.left_open, self.theirs_missed, self.theirs_wrong, self.unexplained)
        return Verdicts(compared, *(tuple(row) for row in rows))


def openssl_connects(number: int, fact: Fact) -> bool | None:
    """Does `openssl s_client` complete a handshake with this alone? None: it cannot be asked."""
    topic, name = fact
    if topic == CURVE:
        old, new = (_connects(number, "-groups", name, "-cipher", EVERY_SUITE, one) for one in ("-tls1_2", "-tls1_3"))
        return old or new
    suite = openssl_names().get(name)
    if topic not in OPTIONS or suite is None:
        return None
    chosen = ("-ciphersuites", suite) if topic == "tls1.3" else ("-cipher", f"{suite}:@SECLEVEL=0")
    return _connects(number, OPTIONS[topic], *chosen)


@cache
def openssl_names() -> dict[str, str]:
    """Registered name → openssl's own."""
    done = subprocess.run(["openssl", "ciphers", "-stdname", EVERY_SUITE], capture_output=True, text=True, check=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[0]: row[2] for row in rows}


def _connects(number: int, *options: str) -> bool:
    target = ["-connect", f"{address_of(number)}:443", "-servername", name_of(number)]
    bare = os.environ | {"OPENSSL_CONF": "/dev/null"}  # a distribution's own floor would hide what the server takes
    command = ["openssl", "s_client", *target, *options]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, env=bare, check=False)
    return b"Cipher is (NONE)" not in done.stdout and b"Cipher is " in done.stdout


def _answers(row: Row) -> Answers:
    suites = [(version, name) for version, name in row["suites"]]
    curves = [(CURVE, name) for name in row["curves"]]
    asked = frozenset(row["curves_asked"]) if "curves_asked" in row else None
    return Answers(frozenset([*suites, *curves, (LEAF, row["leaf"])]), asked, row["open"])
