"""What root's helper told of a server's encryption: ciphers, key sizes, headers, keys' places. No key, no salt."""

from __future__ import annotations

from auditor.facts.base import Facts, Plain
from auditor.facts.server_settings import CrypttabEntry
from auditor.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingTarget(Plain):
    """One line of a mapping's table (`dmsetup table`). Cipher, bits and integrity are of a `crypt` target alone."""

    kind: str  # "crypt", "linear", "integrity"
    cipher: str = ""  # "aes-xts-plain64", or "capi:xts(aes)-plain64" in the kernel's own notation
    key_bits: int | None = None  # as the kernel holds it: both halves of XTS, and the key of integrity, counted in
    integrity: str = ""  # "aead", "hmac(sha256)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingTable(Plain):
    """All of one mapping, by its dm name."""

    name: str
    targets: tuple[MappingTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Plain):
    """One data segment of a LUKS header. `kind`: "crypt", "hw-opal", "hw-opal-crypt"."""

    kind: str
    cipher: str = ""
    integrity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyslot(Plain):
    """One keyslot in use. `cost`: iterations of PBKDF2 (per its hash), or the time cost of Argon2; None: not told."""

    number: int
    kdf: str = ""  # "argon2id", "pbkdf2"
    hash: str = ""  # of PBKDF2
    cost: int | None = None
    memory_kib: int | None = None  # of Argon2
    key_bits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token(Plain):
    """One token: what opens slots without a passphrase ("clevis", "systemd-tpm2"), or a recovery key."""

    kind: str
    slots: tuple[int, ...] = ()
    needs_pin: bool | None = None  # of systemd-tpm2; None: not told


@dataclass(frozen=True, slots=True, kw_only=True)
class LuksHeader(Plain):
    """One LUKS header as `cryptsetup luksDump` shows it. `requirements`: "online-reencrypt" and the like."""

    device: str  # a kernel name, or the path of a detached header
    version: int
    uuid: str
    segments: tuple[Segment, ...] = ()
    slots: tuple[Keyslot, ...] = ()
    tokens: tuple[Token, ...] = ()
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile(Plain):
    """A file that crypttab names as a key or a header: owner and mode. None: not told, or it is not there."""

    path: str
    owner: int | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveLocking(Plain):
    """What a drive that encrypts by itself tells without a password (TCG Storage, level 0 discovery).

    `is_enabled`: its locking was activated. Which parts of it lock, and whether they do when the power goes, it tells
    only to whoever knows a password. `encrypts`: the data on it is encrypted at all; None: not told.
    """

    device: str  # a kernel name
    is_enabled: bool
    encrypts: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivilegedDisks(Facts):
    """What the helper printed. `helper`: its SHA-256, which was compared with the release's before it was believed.

    `in_initramfs`: patterns of key files that are copied into the initramfs, which lies on /boot. Raises ValueError
    where the helper printed no table at all: a table without mappings is an empty tuple, and was read.
    """

    helper: str
    tables: tuple[MappingTable, ...]
    headers: tuple[LuksHeader, ...] = ()
    crypttab: tuple[CrypttabEntry, ...] | None = None  # None: it was not read
    key_files: tuple[KeyFile, ...] = ()
    in_initramfs: tuple[str, ...] = ()
    drives: tuple[DriveLocking, ...] = ()
