"""Derived: with which ciphers and keys a server's volumes are encrypted; and dm-crypt's names of them, taken apart.

Two notations (the kernel's Documentation/admin-guide/device-mapper/dm-crypt.rst): `aes-xts-plain64`, that is
cipher[:keycount]-chainmode-ivmode[:ivopts], and `capi:xts(aes)-plain64`, in the words of the kernel's crypto API.
"""

from __future__ import annotations

import re

from auditor.facts.base import Facts, Plain
from auditor.records import dataclass

CAPI = re.compile(r"capi:(.*)-([a-z0-9]+(?::[^-]+)?)")
OF_MODE = re.compile(r"([a-z0-9]+)\(([a-z0-9_-]+)\)")
AUTHENTICATED = re.compile(r"authenc\((.+),([a-z0-9]+\([a-z0-9_-]+\))\)")
LEAST_BITS = 128  # NIST SP 800-131A revision 2: what gives less is not allowed any more
HASH_BITS = {"hmac(sha1)": 160, "hmac(sha256)": 256, "hmac(sha512)": 512}  # the part of the key that integrity takes


@dataclass(frozen=True, slots=True)
class Cipher:
    """`algorithm` "aes", `mode` "xts", `iv` "plain64"; "" for parts that the name does not have.

    `integrity_bits`: of the key, for a separate integrity algorithm; None where that is not known.
    """

    text: str
    algorithm: str
    mode: str = ""
    iv: str = ""
    integrity_bits: int | None = 0

    @property
    def is_null(self) -> bool:
        return self.algorithm == "cipher_null"

    def strength(self, key_bits: int | None) -> int | None:
        """Of a key in the kernel's table, the bits that an attacker has to guess: XTS splits its key in two halves."""
        if key_bits is None or self.integrity_bits is None:
            return None
        rest = key_bits - self.integrity_bits
        return rest // 2 if self.mode == "xts" else rest


def cipher_of(text: str) -> Cipher:
    """A cipher by its name in either notation; an unfamiliar name is an algorithm without mode."""
    capi = CAPI.fullmatch(text)
    if capi:
        return _of_capi(text, capi[1], capi[2])
    algorithm, _, rest = text.partition("-")
    mode, _, iv = rest.partition("-")
    return Cipher(text, algorithm.partition(":")[0], mode, iv)


def _of_capi(text: str, algorithm: str, iv: str) -> Cipher:
    joint = AUTHENTICATED.fullmatch(algorithm)
    found = OF_MODE.fullmatch(joint[2] if joint else algorithm)
    bits = HASH_BITS.get(joint[1]) if joint else 0
    if found is None:
        return Cipher(text, algorithm, "", iv, bits)
    return Cipher(text, found[2], found[1], iv, bits)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeCipher(Plain):
    """One dm-crypt mapping. `strength`: the bits that an attacker has to guess; None: not known."""

    name: str
    cipher: str
    strength: int | None = None
    integrity: str = ""
    places: tuple[str, ...] = ()  # the mounts and swaps above it


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskCiphers(Facts):
    """Every dm-crypt mapping that root's helper listed. Raises nothing: that there is none is an answer."""

    volumes: tuple[VolumeCipher, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskKeySizes(Facts):
    """The same, where every volume's strength is known, or one is known to be below 128 bits."""

    volumes: tuple[VolumeCipher, ...]

    def __post_init__(self) -> None:
        Facts.__post_init__(self)
        known = [one.strength for one in self.volumes if one.strength is not None]
        if len(known) < len(self.volumes) and not any(bits < LEAST_BITS for bits in known):
            raise ValueError("a key of unknown length proves no health")
