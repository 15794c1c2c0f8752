"""A TLS 1.2 client of our own for suites with AES-CBC, so that records can be made with wrong padding.

RFC 5246: keys (section 6.3), records (6.2.3.2), key exchange (7.4.7), Finished (7.4.9). It checks no certificate and
sends nothing but a handshake and one record; what it is for is in `padding.py`.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass, field

from .records import CERTIFICATE_REQUEST, CHANGE_CIPHER_SPEC, HANDSHAKE, NO_CERTIFICATE, SERVER_KEY_EXCHANGE, messages

VERSION = b"\x03\x03"
BLOCK = 16


@dataclass(frozen=True)
class Suite:
    """Bytes of the AES key, and the hash of the MAC."""

    key_size: int
    mac: str

    @property
    def prf(self) -> str:
        """SHA-256 where a suite names no better hash (RFC 5246 section 5)."""
        return "sha384" if self.mac == "sha384" else "sha256"

    @property
    def mac_size(self) -> int:
        return hashlib.new(self.mac).digest_size


# ECDHE with RSA and with ECDSA, and RSA alone
SUITES = {
    **dict.fromkeys((0xC013, 0xC009, 0x002F), Suite(16, "sha1")),
    **dict.fromkeys((0xC014, 0xC00A, 0x0035), Suite(32, "sha1")),
    **dict.fromkeys((0xC027, 0xC023, 0x003C), Suite(16, "sha256")),
    0x003D: Suite(32, "sha256"),
    **dict.fromkeys((0xC028, 0xC024), Suite(32, "sha384")),
}
WITH_SHA1 = tuple(number for number, one in SUITES.items() if one.mac == "sha1")
WITH_SHA2 = tuple(number for number in SUITES if number not in WITH_SHA1)
RSA_ALONE = frozenset({0x002F, 0x0035, 0x003C, 0x003D})
NAMED_CURVE = 3
P256, P384, P521, X25519 = 23, 24, 25, 29
CURVES = (P256, P384, P521, X25519)


def prf(secret: bytes, label: bytes, seed: bytes, length: int, *, by: str = "sha256") -> bytes:
    """P_hash (RFC 5246 section 5)."""
    seed, made, link = label + seed, b"", label + seed
    while len(made) < length:
        link = hmac.digest(secret, link, by)
        made += hmac.digest(secret, link + seed, by)
    return made[:length]


@dataclass
class Half:
    """One direction: its keys, and the number of the next record."""

    mac_key: bytes
    key: bytes
    number: int = 0
    by: str = "sha1"

    def mac(self, kind: int, content: bytes) -> bytes:
        head = self.number.to_bytes(8, "big") + bytes((kind,)) + VERSION + len(content).to_bytes(2, "big")
        return hmac.digest(self.mac_key, head + content, self.by)

    def seal(self, kind: int, content: bytes) -> bytes:
        """A record as it must be."""
        tagged = content + self.mac(kind, content)
        return self.seal_padded(kind, tagged + padding_for(len(tagged)))

    def seal_padded(self, kind: int, padded: bytes) -> bytes:
        """A record of these whole blocks, right or wrong."""
        vector = os.urandom(BLOCK)
        body = vector + _cipher(self.key, vector, padded, encrypts=True)
        self.number += 1
        return bytes((kind,)) + VERSION + len(body).to_bytes(2, "big") + body

    def open(self, body: bytes) -> bytes:
        """What stands in a record, padding and MAC and all; b"" for what is none."""
        if len(body) < 2 * BLOCK or len(body) % BLOCK:
            return b""
        self.number += 1
        return _cipher(self.key, body[:BLOCK], body[BLOCK:], encrypts=False)

    def content_of(self, padded: bytes) -> bytes:
        """Without padding and MAC, which is not checked here."""
        return padded[: max(0, len(padded) - padded[-1] - 1 - len(self.mac_key))] if padded else b""


def padding_for(length: int) -> bytes:
    """As short as can be (RFC 5246 section 6.2.3.2): so many bytes, each with their number less one."""
    missing = BLOCK - length % BLOCK
    return bytes((missing - 1,)) * missing


def _cipher(key: bytes, vector: bytes, data: bytes, *, encrypts: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 - sslyze's own

    cipher = Cipher(algorithms.AES(key), modes.CBC(vector))
    worker = cipher.encryptor() if encrypts else cipher.decryptor()
    return worker.update(data) + worker.finalize()


def halves(premaster: bytes, client_random: bytes, server_random: bytes, suite: int) -> tuple[bytes, Half, Half]:
    """The master secret, and the client's and the server's direction."""
    kind = SUITES[suite]
    master = prf(premaster, b"master secret", client_random + server_random, 48, by=kind.prf)
    mac, size = kind.mac_size, kind.key_size
    block = prf(master, b"key expansion", server_random + client_random, 2 * (mac + size), by=kind.prf)
    keys = [block[2 * mac + at * size :][:size] for at in (0, 1)]
    return master, Half(block[:mac], keys[0], by=kind.mac), Half(block[mac : 2 * mac], keys[1], by=kind.mac)


@dataclass
class Client:
    """One handshake. `hello` goes out first, then `answer` to the server's flight, then `is_accepted` reads the end."""

    server_name: str
    suites: tuple[int, ...]
    random: bytes = field(default_factory=lambda: os.urandom(32))
    said: bytes = b""  # all messages of the handshake
    master: bytes = b""
    prf: str = "sha256"
    ours: Half | None = None
    theirs: Half | None = None

    def hello(self) -> bytes:
        name = self.server_name.encode("ascii")
        extensions = _extension(0, _sized(2, b"\0" + _sized(2, name))) if name else b""
        extensions += _extension(10, _sized(2, b"".join(one.to_bytes(2, "big") for one in CURVES))) + _extension(
            11, _sized(1, b"\0")
        )
        extensions += _extension(13, _sized(2, bytes.fromhex("060106030501050304010403030103030201020308040805")))
        suites = b"".join(number.to_bytes(2, "big") for number in self.suites) + b"\0\xff"
        body = VERSION + self.random + b"\0" + _sized(2, suites) + b"\x01\0" + _sized(2, extensions)
        return self._handshake(b"\x01" + _sized(3, body))

    def answer(self, received: bytes, suite: int, server_key: tuple[int, int] | None) -> bytes:
        """Key exchange, ChangeCipherSpec, Finished; b"" where the server's keys are none that we know.

        Who is asked for a certificate says first that there is none (RFC 5246 section 7.4.6).
        """
        flight = messages(received)
        exchanged = self._exchange(flight.get(SERVER_KEY_EXCHANGE, b""), suite, server_key)
        if exchanged is None:
            return b""
        premaster, message = exchanged
        self.said += b"".join(bytes((kind,)) + _sized(3, body) for kind, body in flight.items())
        sent = self._handshake(NO_CERTIFICATE) if CERTIFICATE_REQUEST in flight else b""
        sent += self._handshake(b"\x10" + _sized(3, message))
        self.master, self.ours, self.theirs = halves(premaster, self.random, flight[2][2:34], suite)
        self.prf = SUITES[suite].prf
        finished = self._finished(b"client finished")
        self.said += finished
        sent += bytes((CHANGE_CIPHER_SPEC,)) + VERSION + b"\0\x01\x01"
        return sent + self.ours.seal(HANDSHAKE, finished)

    def is_accepted(self, after: list[tuple[int, bytes]]) -> bool:
        """`after`: what came behind the server's ChangeCipherSpec. Is it the Finished that belongs to our keys?"""
        if self.theirs is None or not after or after[0][0] != HANDSHAKE:
            return False
        return self.theirs.content_of(self.theirs.open(after[0][1])) == self._finished(b"server finished")

    def alert_in(self, body: bytes) -> int | None:
        """The description in an encrypted alert; None where it cannot be read."""
        content = self.theirs.content_of(self.theirs.open(body)) if self.theirs else b""
        return content[1] if len(content) == 2 else None

    def _finished(self, label: bytes) -> bytes:
        said = hashlib.new(self.prf, self.said).digest()
        return b"\x14" + _sized(3, prf(self.master, label, said, 12, by=self.prf))

    def _exchange(self, theirs: bytes, suite: int, key: tuple[int, int] | None) -> tuple[bytes, bytes] | None:
        """The premaster secret, and the message that brings the server to it."""
        if suite in RSA_ALONE:
            return _under_rsa(key) if key else None
        if len(theirs) < 4 or theirs[0] != NAMED_CURVE:
            return None
        return _over_curve(int.from_bytes(theirs[1:3], "big"), theirs[4 : 4 + theirs[3]])

    def _handshake(self, message: bytes) -> bytes:
        self.said += message
        return bytes((HANDSHAKE, 3, 1 if len(self.said) == len(message) else 3)) + _sized(2, message)


def _under_rsa(key: tuple[int, int]) -> tuple[bytes, bytes]:
    """RFC 5246 section 7.4.7.1, RFC 8017 section 7.2.1."""
    modulus, exponent = key
    size = (modulus.bit_length() + 7) // 8
    premaster = VERSION + os.urandom(46)
    filling = bytes(byte % 255 + 1 for byte in os.urandom(size - 3 - len(premaster)))
    padded = b"\0\x02" + filling + b"\0" + premaster
    encrypted = pow(int.from_bytes(padded, "big"), exponent, modulus).to_bytes(size, "big")
    return premaster, _sized(2, encrypted)


def _over_curve(curve: int, point: bytes) -> tuple[bytes, bytes] | None:
    """RFC 8422 sections 5.4, 5.7 and 5.11."""
    from cryptography.hazmat.primitives.asymmetric import ec, x25519  # noqa: PLC0415 - sslyze's own
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    try:
        if curve == X25519:
            private = x25519.X25519PrivateKey.generate()
            shown = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return private.exchange(x25519.X25519PublicKey.from_public_bytes(point)), _sized(1, shown)
        kinds: dict[int, ec.EllipticCurve] = {P256: ec.SECP256R1(), P384: ec.SECP384R1(), P521: ec.SECP521R1()}
        if curve not in kinds:
            return None
        ours = ec.generate_private_key(kinds[curve])
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(kinds[curve], point)
        shown = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return ours.exchange(ec.ECDH(), theirs), _sized(1, shown)
    except ValueError:
        return None


def _extension(number: int, body: bytes) -> bytes:
    return number.to_bytes(2, "big") + _sized(2, body)


def _sized(size: int, body: bytes) -> bytes:
    return len(body).to_bytes(size, "big") + body
