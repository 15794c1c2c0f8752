"""What opens a server's disks, as root's helper tells: where keys lie, who can read them, how costly a guess is."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.check import CRITICAL, HIGH, LOW, MEDIUM, PRIVILEGED, check, failed, not_applicable, passed
from auditor.facts.disk_keys import KeyFiles, LuksHeaders, VolumeHeader, VolumeKey
from auditor.facts.privileged_disks import Keyslot, Token
from auditor.model import Evidence, Verdict
from auditor.registers import disk_rules
from checks.counted import counted
from checks.place_rows import ROWS

CONTROLS = ("NIST SP 800-53r5 SC-12",)
BESIDE = ("NIST SP 800-53r5 SC-28(3)", *CONTROLS)
GUESSES = ("NIST SP 800-132", *CONTROLS)
RECOVER = ("NIST SP 800-53r5 CP-9", *CONTROLS)
ELSEWHERE = "a passphrase kept elsewhere"
NO_KEY = "no volume is opened by a key file"
NO_HEADER = "there is no LUKS header"
MANY_SLOTS = 4
OTHERS = 0o077  # what group and others may do
RECOVERY = frozenset({"systemd-recovery"})
UNATTENDED = {
    "clevis": "opens by itself (clevis): protects a stolen disk, with tang also a stolen machine off the network",
    "systemd-tpm2": "opens by itself (TPM): protects a stolen disk, not a stolen machine",
}


@check(
    "disk-key-beside-lock",
    reads=KeyFiles,
    severity=CRITICAL,
    effort=3,
    tier=PRIVILEGED,
    controls=BESIDE,
)
def disk_key_beside_lock(facts: KeyFiles) -> Verdict:
    """The key of an encrypted disk lies on an unencrypted one in the same machine.

    Why: Whoever carries off the machine, or a copy of its disks, has the lock and the key. The encryption protects
        nothing then.
    Fix: Move the key file to an encrypted file system (an encrypted root opens the rest), or bind the volume to the
        machine: `systemd-cryptenroll --tpm2-device=auto /dev/DISK`, `clevis luks bind -d /dev/DISK tang '{"url":"…"}'`.
        The old key is known to the old disk: remove it with `cryptsetup luksRemoveKey /dev/DISK /OLD/KEY`.
    """
    if not facts.keys:
        return not_applicable(NO_KEY)
    beside = facts.beside_the_lock
    if beside:
        return failed(
            f"{counted(len(beside), 'volume is', 'volumes are')} opened by a key on plain storage.",
            *_key_rows(beside, facts),
        )
    return passed("No key file lies on plain storage.", *_key_rows(facts.keys, facts))


@check("disk-key-readable", reads=KeyFiles, severity=HIGH, effort=1, tier=PRIVILEGED, controls=CONTROLS)
def disk_key_readable(facts: KeyFiles) -> Verdict:
    """The key file of an encrypted disk can be read by others than root.

    Why: Any program that runs on the server, or one break-in into a web application, can copy the key.
    Fix: `chown root:root /PATH/KEY && chmod 0400 /PATH/KEY`; if it was open for long, make a new key: `cryptsetup
        luksChangeKey /dev/DISK --key-file /PATH/KEY /PATH/NEW`.
    """
    told = [key for key in facts.keys if key.mode is not None]
    if not told:
        return not_applicable(NO_KEY if not facts.keys else "no key file is there now")
    open_ones = [key for key in told if key.owner != 0 or (key.mode or 0) & OTHERS]
    if open_ones:
        rows = [
            Evidence(key.path, f"owner {key.owner}, mode {key.mode or 0:04o}", "owner 0, 0400") for key in open_ones
        ]
        return failed(
            f"{counted(len(open_ones), 'key file can', 'key files can')} be read by others than root.", *rows[:ROWS]
        )
    return passed("Every key file is root's alone.")


@check(
    "disk-kdf-weak",
    reads=LuksHeaders,
    severity=MEDIUM,
    effort=2,
    tier=PRIVILEGED,
    controls=GUESSES,
)
def disk_kdf_weak(facts: LuksHeaders) -> Verdict:
    """Guessing a disk's passphrase is cheap.

    Why: Each guess at a passphrase is slowed down by repeating a calculation. With few repetitions, somebody with a
        copy of the disk tries billions a day.
    Fix: `cryptsetup luksConvertKey --pbkdf argon2id /dev/DISK` for each passphrase (LUKS2). Under FIPS: `cryptsetup
        luksConvertKey --pbkdf pbkdf2 --pbkdf-force-iterations 1000000 --hash sha256 /dev/DISK`.
    """
    slots = [(header, slot) for header in facts.headers for slot in header.passphrases]
    if not slots:
        return not_applicable("no volume is opened by a passphrase" if facts.headers else NO_HEADER)
    weak = [(header, slot) for header, slot in slots if _is_cheap(slot)]
    if weak:
        rows = [Evidence(f"{header.volume}, slot {slot.number}", _kdf(slot), _floor(slot)) for header, slot in weak]
        return failed(f"{counted(len(weak), 'passphrase is', 'passphrases are')} cheap to guess at.", *rows[:ROWS])
    return passed("Every passphrase is costly to guess at.")


@check("disk-keyslots-many", reads=LuksHeaders, severity=LOW, effort=1, tier=PRIVILEGED, controls=CONTROLS)
def disk_keyslots_many(facts: LuksHeaders) -> Verdict:
    """A disk can be opened with more than four keys.

    Why: Each key is one that somebody may still have. Nobody remembers whose the fifth is.
    Fix: `cryptsetup luksDump /dev/DISK` lists the slots. Try which are known (`cryptsetup open --test-passphrase
        --key-slot N /dev/DISK`), and remove those that nobody needs: `cryptsetup luksKillSlot /dev/DISK N`.
    """
    if not facts.headers:
        return not_applicable(NO_HEADER)
    many = [header for header in facts.headers if len(header.slots) > MANY_SLOTS]
    if many:
        return failed(
            f"{counted(len(many), 'volume has', 'volumes have')} more than four keys.",
            *_header_rows(many, "four or fewer"),
        )
    return passed("No volume has more than four keys.", *_header_rows(facts.headers, "four or fewer"))


@check(
    "disk-no-recovery-key",
    reads=LuksHeaders,
    severity=LOW,
    effort=1,
    tier=PRIVILEGED,
    controls=RECOVER,
)
def disk_no_recovery_key(facts: LuksHeaders) -> Verdict:
    """A disk opens by machine alone, and nobody has a passphrase for it.

    Why: When the TPM is reset, the key server is gone or the key file is lost, so is the data.
    Fix: `systemd-cryptenroll --recovery-key /dev/DISK`, or `cryptsetup luksAddKey /dev/DISK`; write the key down, and
        keep it where the machine is not.
    """
    used = [header for header in facts.headers if header.slots]
    if not used:
        return not_applicable(NO_HEADER)
    alone = [header for header in used if not _has_recovery(header)]
    if alone:
        return failed(
            f"{counted(len(alone), 'volume has', 'volumes have')} no passphrase.", *_header_rows(alone, ELSEWHERE)
        )
    return passed("Every volume can be opened by a passphrase.", *_header_rows(used, "a passphrase kept elsewhere"))


@check("disk-reencryption-unfinished", reads=LuksHeaders, severity=MEDIUM, effort=2, tier=PRIVILEGED, controls=CONTROLS)
def disk_reencryption_unfinished(facts: LuksHeaders) -> Verdict:
    """A disk is only encrypted in part: its encryption was begun and not ended.

    Why: What was not reached yet lies on the disk as before: in the clear, or with the old key.
    Fix: `cryptsetup reencrypt --resume-only /dev/DISK`, and wait until it ends.
    """
    if not facts.headers:
        return not_applicable(NO_HEADER)
    begun = [header for header in facts.headers if any("reencrypt" in one for one in header.requirements)]
    if begun:
        rows = [Evidence(one.volume, ", ".join(one.requirements), "no requirement of that kind") for one in begun]
        return failed(f"{counted(len(begun), 'volume is', 'volumes are')} being encrypted anew.", *rows[:ROWS])
    return passed("No volume is half encrypted.")


def _is_cheap(slot: Keyslot) -> bool:
    """What was not told, or is not known, counts as cheap: root read the whole header."""
    rules = disk_rules()
    if slot.kdf in rules.memory_kib:
        return (slot.memory_kib or 0) < rules.memory_kib[slot.kdf]
    floor = rules.iterations.get(slot.hash)
    return slot.kdf != "pbkdf2" or floor is None or (slot.cost or 0) < floor


def _kdf(slot: Keyslot) -> str:
    if slot.memory_kib is not None:
        return f"{slot.kdf}, {slot.memory_kib} KiB"
    return f"{slot.kdf or 'not told'}, {slot.hash}, {slot.cost or 0} iterations"


def _floor(slot: Keyslot) -> str:
    rules = disk_rules()
    if slot.kdf in rules.memory_kib:
        return f"{rules.memory_kib[slot.kdf]} KiB or more"
    floor = rules.iterations.get(slot.hash)
    return f"argon2id, or {floor} iterations" if floor else "argon2id, or pbkdf2 with sha256"


def _has_recovery(header: VolumeHeader) -> bool:
    return bool(header.passphrases) or any(token.kind in RECOVERY for token in header.tokens)


def _header_rows(headers: Iterable[VolumeHeader], wanted: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(one.volume, _opened_by(one), wanted) for one in headers)[:ROWS]


def _opened_by(header: VolumeHeader) -> str:
    """How many slots, and which of them open without anybody: for information, since servers have to start alone."""
    tokens = [_token(token) for token in header.tokens]
    return f"LUKS{header.version}, {counted(len(header.slots), 'slot', 'slots')}" + "".join(
        f"; {token}" for token in tokens
    )


def _token(token: Token) -> str:
    if token.needs_pin:
        return f"{token.kind} with a PIN"
    return UNATTENDED.get(token.kind, token.kind)


def _key_rows(keys: Iterable[VolumeKey], facts: KeyFiles) -> tuple[Evidence, ...]:
    rows = []
    for key in keys:
        in_boot = f"copied into the initramfs, {facts.boot}" if key.is_in_initramfs and facts.is_boot_plain else ""
        rows.append(Evidence(f"key of {key.volume}", f"{key.path}: {in_boot or key.chain}", "on an encrypted disk"))
    return tuple(rows[:ROWS])


CHECKS = (
    disk_kdf_weak,
    disk_key_beside_lock,
    disk_key_readable,
    disk_keyslots_many,
    disk_no_recovery_key,
    disk_reencryption_unfinished,
)
