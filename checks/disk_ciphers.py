"""With what disks are encrypted, as root's helper tells: no cipher at all, weak ones, aging ones, short keys."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import CRITICAL, HIGH, LOW, PRIVILEGED, check, failed, not_applicable, passed
from auditor.facts.disk_ciphers import LEAST_BITS, Cipher, DiskCiphers, DiskKeySizes, VolumeCipher, cipher_of
from auditor.model import Evidence, Verdict
from auditor.registers import disk_rules
from checks.counted import counted
from checks.place_rows import ROWS

CONTROLS = ("NIST SP 800-53r5 SC-13", "FIPS 197", "NIST SP 800-38E")
NO_VOLUME = "no volume is encrypted with dm-crypt"


@check("disk-null-cipher", reads=DiskCiphers, severity=CRITICAL, effort=3, tier=PRIVILEGED, controls=CONTROLS)
def disk_null_cipher(facts: DiskCiphers) -> Verdict:
    """A volume that looks encrypted is written in the clear.

    Why: Its cipher is the null cipher: everything shows an encrypted disk, a passphrase is asked for, and the data lies
        on the disk as it is. Some images were built so; an attacker with the disk in hand can set it up so.
    Fix: Find out who made it so before anything else. Then `cryptsetup reencrypt --cipher aes-xts-plain64 --key-size
        512 /dev/DISK` after a backup (cryptsetup 2.4 and later), or move the data to a new LUKS2 volume and wipe the
        disk.
    """
    if not facts.volumes:
        return not_applicable(NO_VOLUME)
    null = [one for one in facts.volumes if cipher_of(one.cipher).is_null]
    if null:
        return failed(
            f"{counted(len(null), 'volume uses', 'volumes use')} the null cipher.", *_rows(null, "aes-xts-plain64")
        )
    return passed("No volume uses the null cipher.", *_rows(facts.volumes, "a cipher"))


@check("disk-weak-cipher", reads=DiskCiphers, severity=HIGH, effort=3, tier=PRIVILEGED, controls=CONTROLS)
def disk_weak_cipher(facts: DiskCiphers) -> Verdict:
    """A volume is encrypted with a cipher or mode that is not approved.

    Why: ECB shows which parts of a disk are equal, CBC with a predictable start shows whether known files are there,
        3DES and others are slow and old. AES in XTS mode is what the standards name for disks.
    Fix: cryptsetup 2.4 and later encrypts in place, after a backup: `cryptsetup reencrypt --cipher aes-xts-plain64
        --key-size 512 /dev/DISK`. Swap with a random key: `cipher=aes-xts-plain64,size=512` in /etc/crypttab.
    """
    real = [one for one in facts.volumes if not cipher_of(one.cipher).is_null]
    if not real:
        return not_applicable(NO_VOLUME)
    rules = disk_rules()
    weak = [one for one in real if _kind(cipher_of(one.cipher)) not in rules.good | rules.aging]
    if weak:
        return failed(
            f"{counted(len(weak), 'volume uses', 'volumes use')} a cipher that is not approved.",
            *_rows(weak, "aes-xts-plain64"),
        )
    return passed("Every volume uses AES in a mode for disks.", *_rows(real, "aes-xts-plain64"))


@check("disk-cbc-cipher", reads=DiskCiphers, severity=LOW, effort=3, tier=PRIVILEGED, controls=CONTROLS)
def disk_cbc_cipher(facts: DiskCiphers) -> Verdict:
    """A volume is encrypted with AES in CBC mode.

    Why: It keeps data secret. Whoever can write to the disk can change chosen bits of files without knowing the key.
    Fix: cryptsetup 2.4 and later encrypts in place, after a backup: `cryptsetup reencrypt --cipher aes-xts-plain64
        --key-size 512 /dev/DISK`.
    """
    if not facts.volumes:
        return not_applicable(NO_VOLUME)
    aging = [one for one in facts.volumes if _kind(cipher_of(one.cipher)) in disk_rules().aging]
    if aging:
        return failed(
            f"{counted(len(aging), 'volume uses', 'volumes use')} AES in CBC mode.", *_rows(aging, "aes-xts-plain64")
        )
    return passed("No volume uses CBC mode.")


@check("disk-short-key", reads=DiskKeySizes, severity=HIGH, effort=3, tier=PRIVILEGED, controls=CONTROLS)
def disk_short_key(facts: DiskKeySizes) -> Verdict:
    """A volume's key is shorter than 128 bits.

    Why: Such keys can be found by trying. XTS mode splits its key: what is called 256 bits there protects like 128.
    Fix: cryptsetup 2.4 and later encrypts in place, after a backup: `cryptsetup reencrypt --cipher aes-xts-plain64
        --key-size 512 /dev/DISK`.
    """
    if not facts.volumes:
        return not_applicable(NO_VOLUME)
    short = [one for one in facts.volumes if one.strength is not None and one.strength < LEAST_BITS]
    if short:
        return failed(
            f"{counted(len(short), 'volume has', 'volumes have')} a key below 128 bits.",
            *_rows(short, "128 bits or more"),
        )
    return passed("Every volume's key has 128 bits or more.", *_rows(facts.volumes, "128 bits or more"))


def _kind(cipher: Cipher) -> tuple[str, str, str]:
    return cipher.algorithm, cipher.mode, cipher.iv.partition(":")[0]


def _rows(volumes: Iterable[VolumeCipher], wanted: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(_place(one), _seen(one), wanted) for one in volumes)[:ROWS]


def _place(volume: VolumeCipher) -> str:
    return f"volume {volume.name}" + (f" ({', '.join(volume.places[:3])})" if volume.places else "")


def _seen(volume: VolumeCipher) -> str:
    bits = f", {volume.strength} bits" if volume.strength is not None else ""
    return volume.cipher + bits + (f", integrity {volume.integrity}" if volume.integrity else "")


CHECKS = (disk_cbc_cipher, disk_null_cipher, disk_short_key, disk_weak_cipher)
