"""What sslyze and testssl.sh say of a server, in the words of `said`."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from auditor.facts.cipher_suites import suite
from auditor.facts.named_groups import OLD_CURVES
from tests.peers.said import (
    COMPRESSION,
    FALLBACK,
    GROUPS,
    MASTER_SECRET,
    NO,
    PRIMES,
    RENEGOTIATION,
    SERIALS,
    VERSIONS,
    YES,
    Place,
    Said,
    suites_of,
)
from tests.probes.tls_servers import DEEP

SECG = {"prime192v1": "secp192r1", "prime256v1": "secp256r1", "X25519": "x25519", "X448": "x448"}
TESTSSL = {
    "SSLv2": "ssl2",
    "SSLv3": "ssl3",
    "TLS1": "tls1.0",
    "TLS1_1": "tls1.1",
    "TLS1_2": "tls1.2",
    "TLS1_3": "tls1.3",
}
CIPHER = re.compile(r"cipher-(\w+?)_x([0-9a-f]+)")
IN_IDS = {"ssl3": "ssl3", "tls1": "tls1.0", "tls1_1": "tls1.1", "tls1_2": "tls1.2", "tls1_3": "tls1.3"}
Topics = dict[str, frozenset[str]]


def of_sslyze(place: Place) -> Said:
    program = Path(__file__).parent / "sslyze_says.py"
    words = [place.name, place.address, str(place.port), place.starttls]
    run = subprocess.run(
        [DEEP, "-W", "ignore", program, *words], capture_output=True, text=True, check=True, timeout=300
    )
    found: dict[str, Any] = json.loads(run.stdout)
    suites = {version: frozenset(names) for version, names in found["suites"].items()}
    topics: Topics = {suites_of(version): names for version, names in suites.items() if names and version != "ssl2"}
    topics[VERSIONS] = frozenset(version for version, names in suites.items() if names)
    topics[PRIMES] = frozenset(map(str, found["primes"]))
    topics[SERIALS] = frozenset(found["serials"])
    topics[GROUPS] = frozenset(SECG.get(name, name) for name in found["taken"])
    for topic, key in (
        (COMPRESSION, "compression"),
        (RENEGOTIATION, "renegotiation"),
        (FALLBACK, "fallback"),
        (MASTER_SECRET, "master_secret"),
    ):
        if found[key] is not None:
            topics[topic] = YES if found[key] else NO
    asked = frozenset(SECG.get(name, name) for name in (*found["taken"], *found["declined"]))
    return Said(topics, groups_asked=asked)


def of_testssl(place: Place, folder: Path) -> Said:
    """Of its own: versions, suites, curves, certificates, options. It takes minutes."""
    answers = folder / "testssl.json"
    words = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", place.address]
    words += ["--jsonfile", str(answers), *(["-t", place.starttls] if place.starttls else [])]
    target = f"{place.name}:{place.port}"
    subprocess.run(
        ["testssl", *words, "-p", "-E", "-f", "-S", "-C", "-Z", target],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=900,
    )
    rows = [(row["id"].partition(" ")[0], row["finding"]) for row in json.loads(answers.read_text())]
    return Said(_testssl_topics(rows), groups_asked=frozenset(OLD_CURVES))


def _testssl_topics(rows: list[tuple[str, str]]) -> Topics:
    one = dict(rows)
    topics: Topics = {
        VERSIONS: frozenset(TESTSSL[name] for name, said in rows if name in TESTSSL and said.startswith("offered")),
        SERIALS: frozenset(said.lower().lstrip("0") for name, said in rows if name == "cert_serialNumber"),
        GROUPS: frozenset(SECG.get(name, name) for name in one.get("PFS_ECDHE_curves", "").split()),
    }
    for name, _ in rows:
        if found := CIPHER.fullmatch(name):
            topic = suites_of(IN_IDS[found[1]])
            topics[topic] = topics.get(topic, NO) | {suite(int(found[2], 16)).name}
    if "TLS_extensions" in one:
        topics[MASTER_SECRET] = YES if "/#23'" in one["TLS_extensions"] else NO
        topics[RENEGOTIATION] = YES if "/#65281'" in one["TLS_extensions"] else NO
    if "CRIME_TLS" in one:
        topics[COMPRESSION] = NO if "not vulnerable" in one["CRIME_TLS"] else YES
    if "fallback_SCSV" in one and one["fallback_SCSV"] in ("supported", "not supported"):
        topics[FALLBACK] = YES if one["fallback_SCSV"] == "supported" else NO
    return topics
