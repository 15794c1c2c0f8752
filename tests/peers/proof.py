"""What openssl's own client sees, there and then: the judge where two scanners differ.

It names no prime group before TLS 1.3, and some servers keep theirs for clients that do (RFC 7919): for suites with a
prime that it is not served, GnuTLS' client is the judge. It is asked twice, with those names and without: only a suite
that is served with them and refused without is there, and hidden from all who do not name them.
"""

from __future__ import annotations

import os
import re
import subprocess

from bench.tls_peers_answers import openssl_names
from tests.peers.said import (
    COMPRESSION,
    FALLBACK,
    GROUPS,
    MASTER_SECRET,
    PRIMES,
    RENEGOTIATION,
    SERIALS,
    VERSIONS,
    Difference,
    Place,
)

FLAGS = {"tls1.0": "-tls1", "tls1.1": "-tls1_1", "tls1.2": "-tls1_2", "tls1.3": "-tls1_3"}
EVERY_SUITE = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
# What a ServerHello up to TLS 1.2 says, as the client prints it.
WORDS = {
    MASTER_SECRET: "Extended master secret: yes",
    RENEGOTIATION: "Secure Renegotiation IS supported",
    COMPRESSION: "Compression: zlib",
}
GNUTLS_VERSIONS = {"tls1.0": "VERS-TLS1.0", "tls1.1": "VERS-TLS1.1", "tls1.2": "VERS-TLS1.2"}
GNUTLS_MACS = {"SHA": "SHA1", "SHA256": "SHA256", "SHA384": "SHA384"}
# Groups that a hello names before TLS 1.3: with and without the primes of RFC 7919.
WITH_NAMES, WITHOUT_NAMES = "+GROUP-ALL", "+GROUP-SECP256R1"
DONE = "Handshake was completed"
SUITE_WITH_PRIME = re.compile(r"TLS_DHE_RSA_WITH_(?P<cipher>.+?)(_(?P<mac>SHA|SHA256|SHA384))?")
SERIAL = re.compile(r"serial=([0-9A-F]+)")


def openssl_sees(place: Place, difference: Difference) -> bool | None:
    """Is it there? None: this client cannot ask for it, or is not served at all, and proves nothing."""
    topic, what = difference.topic, difference.what
    if "-----BEGIN CERTIFICATE-----" not in _transcript(place):
        return None
    if topic == GROUPS:
        return any(_completes(place, "-groups", what, "-cipher", EVERY_SUITE, flag) for flag in ("-tls1_2", "-tls1_3"))
    if topic == VERSIONS:
        return _completes(place, FLAGS[what], "-cipher", EVERY_SUITE) if what in FLAGS else None
    if topic == SERIALS:
        return what in _serials(place)
    if topic in WORDS:
        return WORDS[topic] in _transcript(place, "-no_tls1_3", "-cipher", EVERY_SUITE)
    if topic == FALLBACK:
        return "inappropriate fallback" in _transcript(place, "-no_tls1_3", "-no_tls1_2", "-fallback_scsv")
    if topic == PRIMES:
        return None if _has_dhe(place, "tls1.2") else _gnutls_shows_prime(place, what)
    version = topic.rpartition(" ")[2]
    suite = openssl_names().get(what)
    if "_DHE_" in what and not _has_dhe(place, version):
        return _gnutls_completes(place, version, what)
    if version not in FLAGS or suite is None:
        return None
    chosen = ("-ciphersuites", suite) if version == "tls1.3" else ("-cipher", f"{suite}:@SECLEVEL=0")
    return _completes(place, FLAGS[version], *chosen)


def _has_dhe(place: Place, version: str) -> bool:
    return version in FLAGS and _completes(place, FLAGS[version], "-cipher", "kDHE:@SECLEVEL=0")


def _gnutls_completes(place: Place, version: str, what: str) -> bool | None:
    """None: the suite has no words in GnuTLS' language that are known here."""
    found = SUITE_WITH_PRIME.fullmatch(what)
    if found is None or version not in GNUTLS_VERSIONS:
        return None
    cipher, mac = found["cipher"].replace("_", "-"), GNUTLS_MACS.get(found["mac"] or "", "AEAD")
    if "CBC" not in cipher:
        mac = "AEAD"
    return _needs_names(place, GNUTLS_VERSIONS[version], f"+{cipher}:+{mac}", DONE)


def _gnutls_shows_prime(place: Place, bits: str) -> bool | None:
    return _needs_names(place, "VERS-TLS1.2", "+CIPHER-ALL:+MAC-ALL", f"DHE-FFDHE{bits}")


def _needs_names(place: Place, version: str, rest: str, word: str) -> bool | None:
    """Is the word said where prime groups are named? None: where they are not, a prime is served as well."""
    if DONE in _gnutls(place, version, f"{WITHOUT_NAMES}:{rest}"):
        return None
    return word in _gnutls(place, version, f"{WITH_NAMES}:{rest}")


def _gnutls(place: Place, version: str, rest: str) -> str:
    """All that `gnutls-cli` prints of a handshake over a prime."""
    priority = f"NONE:+{version}:+DHE-RSA:+SIGN-ALL:+COMP-NULL:+CTYPE-X509:{rest}"
    command = ["gnutls-cli", "--insecure", "--priority", priority, "--sni-hostname", place.name]
    spoken = ["--starttls-proto", place.starttls] if place.starttls else []
    run = subprocess.run(
        [*command, *spoken, "-p", str(place.port), place.address],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    return (run.stdout + run.stderr).decode("utf-8", "replace")


def _completes(place: Place, *options: str) -> bool:
    said = _transcript(place, *options)
    return "Cipher is (NONE)" not in said and "Cipher is " in said


def _serials(place: Place) -> set[str]:
    kinds = (("-cipher", "aRSA:@SECLEVEL=0", "-no_tls1_3"), ("-cipher", "aECDSA:@SECLEVEL=0", "-no_tls1_3"), ())
    found: set[str] = set()
    for options in kinds:
        command = ["openssl", "x509", "-noout", "-serial"]
        shown = subprocess.run(command, input=_transcript(place, *options), capture_output=True, text=True, check=False)
        found |= {number.lower().lstrip("0") for number in SERIAL.findall(shown.stdout)}
    return found


def _transcript(place: Place, *options: str) -> str:
    """All that `openssl s_client` prints. A distribution's own floor would hide what the server takes."""
    command = ["openssl", "s_client", "-connect", f"{place.address}:{place.port}", "-servername", place.name]
    starttls = ["-starttls", place.starttls] if place.starttls else []
    run = subprocess.run(
        [*command, *starttls, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        env=os.environ | {"OPENSSL_CONF": "/dev/null"},
        check=False,
    )
    return (run.stdout + run.stderr).decode("utf-8", "replace")
