"""Asks sslyze, in the deep environment's Python, through its API: `sslyze_says.py NAME ADDRESS PORT [STARTTLS]`."""

from __future__ import annotations

import json
import sys

from sslyze import (
    ProtocolWithOpportunisticTlsEnum,
    ScanCommand,
    Scanner,
    ServerNetworkConfiguration,
    ServerNetworkLocation,
    ServerScanRequest,
)

VERSIONS = {
    "ssl_2_0": "ssl2",
    "ssl_3_0": "ssl3",
    "tls_1_0": "tls1.0",
    "tls_1_1": "tls1.1",
    "tls_1_2": "tls1.2",
    "tls_1_3": "tls1.3",
}
COMMANDS = {ScanCommand[f"{version.upper()}_CIPHER_SUITES"] for version in VERSIONS} | {
    ScanCommand.ELLIPTIC_CURVES,
    ScanCommand.CERTIFICATE_INFO,
    ScanCommand.TLS_COMPRESSION,
    ScanCommand.SESSION_RENEGOTIATION,
    ScanCommand.TLS_FALLBACK_SCSV,
    ScanCommand.TLS_EXTENDED_MASTER_SECRET,
}
# Name → the scan and the field of its result; there is none where the server demands a certificate of its client.
OPTIONS = {
    "compression": ("tls_compression", "supports_compression"),
    "renegotiation": ("session_renegotiation", "supports_secure_renegotiation"),
    "fallback": ("tls_fallback_scsv", "supports_fallback_scsv"),
    "master_secret": ("tls_extended_master_secret", "supports_ems_extension"),
}
STARTTLS = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "ldap": "LDAP", "postgres": "POSTGRES"}


def main(name: str, address: str, port: str, starttls: str = "") -> None:
    spoken = ProtocolWithOpportunisticTlsEnum[STARTTLS[starttls]] if starttls else None
    request = ServerScanRequest(
        server_location=ServerNetworkLocation(hostname=name, ip_address=address, port=int(port)),
        network_configuration=ServerNetworkConfiguration(
            tls_server_name_indication=name, tls_opportunistic_encryption=spoken
        ),
        scan_commands=COMMANDS,
    )
    scanner = Scanner(per_server_concurrent_connections_limit=2)
    scanner.queue_scans([request])
    (result,) = scanner.get_results()
    found = result.scan_result
    suites = {ours: getattr(found, f"{theirs}_cipher_suites").result for theirs, ours in VERSIONS.items()}
    accepted = [one for row in suites.values() for one in row.accepted_cipher_suites]
    keys = [one.ephemeral_key for one in accepted if one.ephemeral_key is not None]
    curves = found.elliptic_curves.result
    answer = {
        "suites": {name: [one.cipher_suite.name for one in row.accepted_cipher_suites] for name, row in suites.items()},
        "primes": [key.size for key in keys if key.type_name == "DH"],
        "taken": [one.name for one in (curves and curves.supported_curves) or ()],
        "declined": [one.name for one in (curves and curves.rejected_curves) or ()],
        "serials": [
            f"{one.received_certificate_chain[0].serial_number:x}"
            for one in found.certificate_info.result.certificate_deployments
        ],
        **{name: getattr(getattr(found, scan).result, field, None) for name, (scan, field) in OPTIONS.items()},
    }
    print(json.dumps(answer))  # noqa: T201 - a program that answers on standard output


if __name__ == "__main__":
    main(*sys.argv[1:])
