"""What the number of a cipher suite stands for: its registered name, and what that name says. Judges nothing.

The names are IANA's (RFC 8446 appendix B.4, RFC 5246 appendix A.5 and its successors); `cipher_suites.txt` lists them.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from auditor.once import once, worked_out
from auditor.records import dataclass

AEAD_MARKS = ("_GCM_", "_CCM", "CHACHA20_POLY1305", "AEGIS_", "_MGM_")
EPHEMERAL = ("DHE", "ECDHE", "ECCPWD")
NAMELESS = ("KRB5", "PSK", "SRP", "ECCPWD")  # peers that know a secret of each other need no certificate
INTEGRITY_ONLY = frozenset({0xC0B4, 0xC0B5})  # RFC 9150: TLS 1.3 that is signed and not encrypted
NEEDS_TLS12 = ("_SHA256", "_SHA384", "_CCM", "_CCM_8", "_OMAC", "_MGM_L")


class Strength(IntEnum):
    """The classes in which a server should prefer one suite to another (RFC 9325 section 4), weakest first."""

    BROKEN = 0  # unencrypted, anonymous, or keys that can be guessed
    OUTDATED = 1  # RC4, blocks of 64 bits
    STATIC = 2  # no forward secrecy
    CBC = 3  # no authenticated encryption, or a short tag
    GOOD = 4


@dataclass(frozen=True)
class CipherSuite:
    """A suite, by its number on the wire. Each property says what the registered name says, and no more.

    What scans ask of every suite is worked out once.
    """

    number: int
    name: str

    @worked_out
    def is_tls13(self) -> bool:
        """For TLS 1.3 alone: the name has no key exchange."""
        return "_WITH_" not in self.name

    @worked_out
    def key_exchange(self) -> str:
        """ "RSA", "DHE_RSA", "ECDH_anon", "KRB5" …, without a mark of export; "" in TLS 1.3."""
        before, found, _ = self.name.removeprefix("TLS_").removeprefix("OLD_").partition("_WITH_")
        return before.replace("_EXPORT1024", "").replace("_EXPORT", "").replace("_FIPS", "") if found else ""

    @worked_out
    def cipher(self) -> str:
        """ "AES_128_GCM_SHA256": all that stands after the key exchange."""
        return self.name.partition("_WITH_")[2] or self.name.removeprefix("TLS_")

    @worked_out
    def has_forward_secrecy(self) -> bool:
        """Keys of a session are made for it alone. Every suite of TLS 1.3 is such a one, but for resumption."""
        return self.is_tls13 or self.is_ephemeral

    @worked_out
    def is_ephemeral(self) -> bool:
        return self.key_exchange.startswith(EPHEMERAL) or self.is_anonymous or self.key_exchange.startswith("PSK_DHE")

    @worked_out
    def has_certificate(self) -> bool:
        """Does the server show a certificate in it? Shared secrets take its place, and anonymous suites have none."""
        return not self.is_anonymous and not any(mark in self.key_exchange for mark in NAMELESS)

    @worked_out
    def needs_certificate_key(self) -> bool:
        """Does the server need a key with a certificate for it? RSA_PSK does, beside the shared secret."""
        return self.has_certificate or "RSA" in self.key_exchange or "DSS" in self.key_exchange

    @worked_out
    def needs_ecdsa_certificate(self) -> bool:
        return "ECDSA" in self.key_exchange

    @worked_out
    def is_anonymous(self) -> bool:
        return self.key_exchange.endswith("_anon")

    @worked_out
    def is_finite_field(self) -> bool:
        """Is its key exchange ephemeral Diffie-Hellman over a prime, so that the server shows that prime?"""
        return self.key_exchange.startswith(("DHE", "DH_anon", "PSK_DHE"))

    @worked_out
    def is_static_prime(self) -> bool:
        """Is its key exchange Diffie-Hellman with a prime in the certificate, which nobody was ever seen to serve?"""
        return self.key_exchange.startswith("DH_") and not self.is_anonymous

    @worked_out
    def is_elliptic(self) -> bool:
        """Is its key exchange ephemeral and over an elliptic curve, before TLS 1.3?"""
        return self.key_exchange.startswith(("ECDHE", "ECDH_anon"))

    @property
    def is_unencrypted(self) -> bool:
        return self.cipher.startswith("NULL_") or self.number in INTEGRITY_ONLY

    @property
    def is_breakable(self) -> bool:
        """Keys of 40 or 56 bits: the export suites, and single DES."""
        return "_EXPORT" in self.name or self.cipher.startswith(("DES_", "DES40_"))

    @property
    def is_rc4(self) -> bool:
        return self.cipher.startswith("RC4_")

    @property
    def has_small_block(self) -> bool:
        """A block cipher of 64 bits with a key that nobody guesses: 3DES, IDEA (CVE-2016-2183, Sweet32)."""
        return self.cipher.startswith(("3DES_", "IDEA_"))

    @property
    def is_aead(self) -> bool:
        """Is encryption authenticated in one piece (RFC 5116)?"""
        return any(mark in self.name for mark in AEAD_MARKS) or (self.is_tls13 and not self.is_unencrypted)

    @property
    def is_cbc(self) -> bool:
        return "_CBC_" in self.cipher

    @property
    def has_short_tag(self) -> bool:
        """CCM_8: a tag of 64 bits, which RFC 8446 and Mozilla's profiles leave to small devices."""
        return "_CCM_8" in self.name

    @worked_out
    def strength(self) -> Strength:
        if self.is_unencrypted or self.is_anonymous or self.is_breakable:
            return Strength.BROKEN
        if self.is_rc4 or self.has_small_block:
            return Strength.OUTDATED
        if not self.has_forward_secrecy:
            return Strength.STATIC
        return Strength.GOOD if self.is_aead and not self.has_short_tag else Strength.CBC

    @worked_out
    def needs_tls12(self) -> bool:
        """Was it defined for TLS 1.2, or later (RFC 5246 section 1.2: a hash or an AEAD of its own)?"""
        return not self.is_tls13 and (self.is_aead or self.name.endswith(NEEDS_TLS12))


# SSL 2.0, draft-hickman-netscape-ssl-00 section 2.5: number → name, and the bits of the key that stay secret.
SSL2_CIPHERS = {
    0x010080: ("SSL_CK_RC4_128_WITH_MD5", 128),
    0x020080: ("SSL_CK_RC4_128_EXPORT40_WITH_MD5", 40),
    0x030080: ("SSL_CK_RC2_128_CBC_WITH_MD5", 128),
    0x040080: ("SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5", 40),
    0x050080: ("SSL_CK_IDEA_128_CBC_WITH_MD5", 128),
    0x060040: ("SSL_CK_DES_64_CBC_WITH_MD5", 56),
    0x0700C0: ("SSL_CK_DES_192_EDE3_CBC_WITH_MD5", 168),
}


def ssl2_cipher(number: int) -> str:
    """Its name in the draft, with the bits of its key; one that is not in it is named by its number."""
    name, bits = SSL2_CIPHERS.get(number, (f"cipher {number:#08x}", 0))
    return f"{name} ({bits} bits)" if bits else name


@once
def registry() -> dict[int, CipherSuite]:
    """Number → suite, in the order of the numbers."""
    text = Path(__file__).with_name("cipher_suites.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {int(number, 16): CipherSuite(int(number, 16), name) for number, name in rows}


@lru_cache(maxsize=1024)
def suite(number: int) -> CipherSuite:
    """The suite of a number; one that nobody registered is named by its number."""
    return registry().get(number) or CipherSuite(number, f"TLS_UNREGISTERED_WITH_{number:#06x}")
