"""One scan of sslyze's through its own API, with its own limits, in the deep environment's Python.

`python tls_peers_sslyze.py same|all NUMBER=NAME=ADDRESS...`. `same`: suites, curves and certificate; `all`: every
command it has, HTTP headers among them. Prints a JSON object: host's number → its answers, in the shape of ours.
"""

from __future__ import annotations

import hashlib
import json
import sys

from cryptography.hazmat.primitives.serialization import Encoding
from sslyze import (
    ScanCommand,
    Scanner,
    ServerNetworkLocation,
    ServerScanRequest,
    ServerScanResult,
    ServerScanStatusEnum,
)

# sslyze's names of versions → ours.
VERSIONS = {
    "ssl_2_0": "ssl2",
    "ssl_3_0": "ssl3",
    "tls_1_0": "tls1.0",
    "tls_1_1": "tls1.1",
    "tls_1_2": "tls1.2",
    "tls_1_3": "tls1.3",
}
SUITES = {ScanCommand[f"{version.upper()}_CIPHER_SUITES"] for version in VERSIONS}
COMMANDS = {"same": SUITES | {ScanCommand.ELLIPTIC_CURVES, ScanCommand.CERTIFICATE_INFO}, "all": set(ScanCommand)}
# ANSI's names of curves, where ours are SECG's.
SECG = {"prime192v1": "secp192r1", "prime256v1": "secp256r1", "X25519": "x25519", "X448": "x448"}


def scan(mode: str, hosts: list[list[str]]) -> dict[str, object]:
    scanner = Scanner()
    numbers = {name: number for number, name, _ in hosts}
    requests = [
        ServerScanRequest(ServerNetworkLocation(name, 443, address), scan_commands=COMMANDS[mode])
        for _, name, address in hosts
    ]
    scanner.queue_scans(requests)
    return {numbers[one.server_location.hostname]: answers_of(one) for one in scanner.get_results()}


def answers_of(result: ServerScanResult) -> dict[str, object]:
    if result.scan_status is not ServerScanStatusEnum.COMPLETED:
        return {"suites": [], "curves": [], "leaf": "", "open": {"host": result.scan_status.name}, "curves_asked": []}
    found = result.scan_result
    attempts = {name: getattr(found, name) for name in vars(found)}
    suites = [
        [ours, one.cipher_suite.name]
        for theirs, ours in VERSIONS.items()
        if (asked := attempts[f"{theirs}_cipher_suites"].result) is not None
        for one in asked.accepted_cipher_suites
    ]
    curves = attempts["elliptic_curves"].result
    taken = [SECG.get(one.name, one.name) for one in (curves and curves.supported_curves) or ()]
    declined = [SECG.get(one.name, one.name) for one in (curves and curves.rejected_curves) or ()]
    return {
        "suites": suites,
        "curves": taken,
        "curves_asked": taken + declined,
        "leaf": leaf_of(attempts["certificate_info"].result),
        "open": {name: "error" for name, attempt in attempts.items() if attempt.status.name == "ERROR"},
    }


def leaf_of(certificates: object) -> str:
    """SHA-256 of the first leaf."""
    deployments = getattr(certificates, "certificate_deployments", ())
    leaves = [one.received_certificate_chain[0].public_bytes(Encoding.DER) for one in deployments]
    return hashlib.sha256(leaves[0]).hexdigest() if leaves else ""


if __name__ == "__main__":
    print(json.dumps(scan(sys.argv[1], [word.split("=") for word in sys.argv[2:]])))
