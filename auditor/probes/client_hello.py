"""Writes ClientHellos, SSL 2.0 to TLS 1.3, as bytes. Knows no socket, and computes no cryptography.

A hello asks for one version and offers all that a server of that version might want, so that an answer tells of the
version alone. Sources: RFC 8446 (TLS 1.3), 5246 (1.2), 4346 (1.1), 2246 (1.0), 6101 (SSL 3.0), 6066 (server name),
and the SSL 2.0 draft of 1995 (draft-hickman-netscape-ssl-00). Numbers are those of IANA's TLS registries.
"""

from __future__ import annotations

from functools import cache

from auditor.facts.tls import TlsVersion
from auditor.probes.hello_parts import extension, hello_record, key_share, listing, random, server_name, u16

WIRE = {
    TlsVersion.SSL2: 0x0002,
    TlsVersion.SSL3: 0x0300,
    TlsVersion.TLS10: 0x0301,
    TlsVersion.TLS11: 0x0302,
    TlsVersion.TLS12: 0x0303,
    TlsVersion.TLS13: 0x0304,
}

# At most 64 suites with the SCSV, strong ones first: some servers do not look beyond, as the authors of sslyze and of
# Internet.nl saw.
TLS13_SUITES = (0x1301, 0x1302, 0x1303, 0x1304, 0x1305)
TLS12_SUITES = (
    *(0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA9, 0xCCA8, 0xC023, 0xC024, 0xC027, 0xC028, 0xC009, 0xC00A, 0xC013, 0xC014),
    *(0xC0AC, 0xC0AD, 0xC0AE, 0xC0AF, 0xC072, 0xC073, 0xC076, 0xC077, 0xC008, 0xC012, 0xC007, 0xC011),
    *(0x009E, 0x009F, 0xCCAA, 0x0067, 0x006B, 0x0033, 0x0039, 0x0016, 0xC09E, 0xC09F, 0x0045, 0x0088),
    *(0x00A2, 0x00A3, 0x0040, 0x006A, 0x0032, 0x0038, 0x0013),
    *(0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x000A, 0x0005, 0x0004, 0xC09C, 0xC09D, 0x0041, 0x0084, 0x0096),
    *(0x003B, 0x0002, 0x0001, 0x0034),
)
OLD_SUITES = (
    *(0xC009, 0xC00A, 0xC013, 0xC014, 0xC008, 0xC012, 0xC007, 0xC011, 0xC006, 0xC010),
    *(0x0033, 0x0039, 0x0016, 0x0045, 0x0088, 0x009A, 0x0015, 0x0014),
    *(0x0032, 0x0038, 0x0013, 0x0044, 0x0087, 0x0012, 0x0011),
    *(0x002F, 0x0035, 0x000A, 0x0005, 0x0004, 0x0041, 0x0084, 0x0096, 0x0007, 0x0009),
    *(0x0003, 0x0006, 0x0008, 0x0062, 0x0001, 0x0002),
    *(0xC004, 0xC005, 0xC003, 0xC002, 0xC00E, 0xC00F, 0xC00D, 0xC00C),
    *(0x0034, 0x003A, 0x001B, 0x0018, 0x001A, 0x0019, 0x0017, 0xC018, 0xC019, 0xC017, 0xC016, 0x0046, 0x0089),
)
# What a client of 2008 offered: RSA key exchange first, elliptic curves last. The second look at an old version.
PLAIN_SUITES = (0x0035, 0x002F, 0x000A, 0x0005, 0x0004, 0x0039, 0x0033, 0x0016, 0xC014, 0xC013, 0xC00A, 0xC009, 0xC012)
# Numbers that stand for no suite, in no version: two that never will (RFC 8701), others that nobody has registered.
NO_SUITES = (0x1A1A, 0x2A2A, 0x00F0, 0x00F1, 0x13F0, 0x13F1, 0xC1F0, 0xC1F1)
RENEGOTIATION_SCSV = 0x00FF  # RFC 5746 section 3.3: says what its extension says, to servers without extensions
SSL2_CIPHERS = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0)

# P-256, P-384 and P-521 stay in every list: without the curve of an ECDSA certificate its server has no suite left.
GROUPS = (29, 23, 24, 25, 30, 26, 27, 28, 22, 21, 19, 14, 13, 12, 11, 10, 9)
GROUPS_13 = (29, 23, 24, 25, 30, 0x11EC, 0x11EB, 0x11ED, 256, 257, 258, 31, 32, 33)
SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x081A, 0x081B, 0x081C),
    *(0x0401, 0x0501, 0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0502, 0x0602, 0x0302, 0x0202, 0x0101),
)
NO_COMPRESSION = b"\x00"


@cache
def offered_suites(version: TlsVersion, *, second: bool = False) -> tuple[int, ...]:
    """The suites of a hello. That for TLS 1.3 has some of 1.2 too, so that an older server can say what it speaks."""
    if version is TlsVersion.TLS13:
        return TLS13_SUITES + TLS12_SUITES[:4] + TLS12_SUITES[10:14] + PLAIN_SUITES[:3]
    if version is TlsVersion.TLS12:
        return TLS12_SUITES[:10] + PLAIN_SUITES if second else TLS12_SUITES
    return PLAIN_SUITES if second else OLD_SUITES


def client_hello(
    version: TlsVersion, host: str, *, second: bool = False, suites: tuple[int, ...] | None = None
) -> bytes:
    """The bytes that ask `host` for one version.

    `second`: the same question in other words, for an answer that one look does not settle (see `tls_scan`). `suites`:
    None for those of the version and wording (`offered_suites`); SSL 2.0 has its own.
    """
    if version is TlsVersion.SSL2:
        return _ssl2_hello()
    suites = (*(offered_suites(version, second=second) if suites is None else suites), RENEGOTIATION_SCSV)
    return hello_record(
        min(WIRE[version], 0x0303),
        session=random() if version is TlsVersion.TLS13 else b"",  # RFC 8446 appendix D.4: for middleboxes
        suites=suites,
        methods=NO_COMPRESSION,
        extensions=_extensions(version, host, second=second),
    )


def _extensions(version: TlsVersion, host: str, *, second: bool) -> bytes:
    """SSL 3.0 knows none, and its clients named no server; only the second look does."""
    name = server_name(host)
    if version in (TlsVersion.SSL3, TlsVersion.TLS10, TlsVersion.TLS11) and second:
        return name
    if version is TlsVersion.SSL3:
        return b""
    share = key_share(real=second) if version is TlsVersion.TLS13 else b""
    return b"".join((name, _usual(version), share))


@cache
def _usual(version: TlsVersion) -> bytes:
    """All extensions but the server's name, which stands first, and the key share, which is the last."""
    groups = GROUPS_13 if version is TlsVersion.TLS13 else GROUPS
    extensions = listing(10, groups) + extension(11, b"\x01\x00")
    # 23, extended_master_secret (RFC 7627): in FIPS mode a server refuses whatever is older than TLS 1.3 without it.
    extensions += extension(23, b"") + extension(35, b"")
    if version in (TlsVersion.TLS12, TlsVersion.TLS13):
        extensions += listing(13, SIGNATURES)
    if version is TlsVersion.TLS13:
        extensions += extension(43, b"\x02\x03\x04") + extension(45, b"\x01\x01")
    return extensions


def _ssl2_hello() -> bytes:
    """CLIENT-HELLO of SSL 2.0, section 2.5: a two-byte record header, all seven ciphers, a challenge of 16 bytes."""
    ciphers = b"".join(cipher.to_bytes(3, "big") for cipher in SSL2_CIPHERS)
    body = b"\x01\x00\x02" + u16(len(ciphers)) + u16(0) + u16(16) + ciphers + random()[:16]
    return u16(0x8000 | len(body)) + body
