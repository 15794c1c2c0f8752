"""What the helper `enc-audit-facts` printed → `PrivilegedDisks`, and whether it is to be believed. Pure.

Formats: dmsetup-table(8) with the kernel's Documentation/admin-guide/device-mapper/dm-crypt.rst, `cryptsetup luksDump`
of 2.0 to 2.7 for LUKS1 and LUKS2, crypttab(5); of drives sedutil-cli(8) 1.15 to 1.20, and `nvme sed discover` of
nvme-cli 2.6. No such drive could be tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from auditor.facts.base import target_text
from auditor.facts.privileged_disks import (
    DriveLocking,
    KeyFile,
    Keyslot,
    LuksHeader,
    MappingTable,
    MappingTarget,
    PrivilegedDisks,
    Segment,
    Token,
)
from auditor.facts.server import NODE_LIMIT, PATH_LIMIT
from auditor.facts.server_settings import CrypttabEntry
from auditor.probes.server_settings import crypttab_entry

Row = TypeVar("Row")
HEADING = re.compile(r"== ([a-z]+)(?: (.+))?")
TARGET = re.compile(r"(\S+): \d+ \d+ ([a-z0-9_-]+)(?: (.*))?")
BITS = re.compile(r"bits=(\d{1,5})|:(\d{1,4}):.*|HIDDEN-(\d{1,5})-BITS")
INTEGRITY = re.compile(r"integrity:\d+:(\S+)")
ITEM = re.compile(r"\s+(\d{1,3}): ([a-z0-9-]+)(?: \(unbound\))?")
OLD_SLOT = re.compile(r"Key Slot (\d): (ENABLED|DISABLED)")
VALUE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9 _-]{0,40}):\s*(.*)")
KEY_FILE = re.compile(r"(?:key|header) owner=(\d{1,10}) mode=([0-7]{1,4}) path=(/.*)")
NUMBER = re.compile(r"\d{1,12}")
LOCKS = re.compile(r"LockingEnabled = ([YN])|Locking Feature Enabled: +(Yes|No)")  # of sedutil-cli, of nvme-cli
ENCRYPTS = re.compile(r"MediaEncrypt = ([YN])")
NO_PARTS = re.compile(r"\(no .*\)|")


def parse_privileged_disks(output: bytes, observed_at: datetime, helper: str) -> PrivilegedDisks:
    """`helper`: the SHA-256 of what printed it. Raises ValueError for what is not the helper's whole answer."""
    parts = list(_parts(output))
    names = [name for name, _, _ in parts]
    if names[:1] != ["dmtable"] or names[-1:] != ["end"] or len(parts) > NODE_LIMIT:
        raise ValueError("not the helper's whole answer")

    drives = (_drive(about, lines) for kind, about, lines in parts if kind == "drive")

    def of(name: str) -> list[str]:
        return [line for kind, _, lines in parts if kind == name for line in lines]

    return PrivilegedDisks(
        observed_at=observed_at,
        helper=helper,
        tables=_tables(of("dmtable")),
        headers=tuple(
            sorted((_header(about, lines) for kind, about, lines in parts if kind == "luksdump"), key=_first)
        ),
        crypttab=_crypttab(of("crypttab")) if "crypttab" in names else None,
        key_files=tuple(sorted(map(_key_file, of("keyfiles")), key=lambda one: one.path)),
        drives=tuple(sorted(filter(None, drives), key=lambda one: one.device)),
        in_initramfs=tuple(sorted(filter(None, (target_text(line.strip().strip("\"'")) for line in of("initramfs"))))),
    )


def _first(header: LuksHeader) -> str:
    return header.device


def _parts(output: bytes) -> Iterator[tuple[str, str, list[str]]]:
    """(heading, what it is about, lines). The helper puts a blank before each line of content; older ones did not."""
    name, about, lines = "", "", list[str]()
    for line in output.decode("utf-8", "backslashreplace").splitlines():
        found = HEADING.fullmatch(line)
        if found is None:
            lines += [line] if line.strip() else []
            continue
        if name:
            yield name, about, lines
        name, about, lines = found[1], found[2] or "", []
    if name:
        yield name, about, lines


def _tables(lines: list[str]) -> tuple[MappingTable, ...]:
    """Raises ValueError where dmsetup is missing or said something else: then no mapping is known."""
    by_name: dict[str, list[MappingTarget]] = {}
    for line in lines:
        if line.strip() == "No devices found":
            continue
        found = TARGET.fullmatch(line.strip())
        if found is None:
            raise ValueError("not a line of dmsetup table")
        by_name.setdefault(_unmangled(found[1]), []).append(_target(found[2], (found[3] or "").split()))
    return tuple(MappingTable(name=name, targets=tuple(targets)) for name, targets in sorted(by_name.items()))


def _unmangled(name: str) -> str:
    """dmsetup shows what is no plain character of a name as \\xNN; sysfs has it as it is."""
    return target_text(re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), name))


def _target(kind: str, words: Sequence[str]) -> MappingTarget:
    if kind != "crypt":
        return MappingTarget(kind=kind)
    if len(words) < 2:
        raise ValueError("a crypt target without cipher and key")
    bits = BITS.fullmatch(words[1])
    whole = next((INTEGRITY.fullmatch(word) for word in words if word.startswith("integrity:")), None)
    return MappingTarget(
        kind=kind,
        cipher=target_text(words[0], 128),
        key_bits=None if bits is None else int(bits[1] or bits[3] or 8 * int(bits[2] or 0)),
        integrity=target_text(whole[1], 64) if whole else "",
    )


def _header(device: str, lines: Sequence[str]) -> LuksHeader:
    values = dict(filter(None, (_value(line) for line in lines if not line.startswith(("\t", "  ", " \t")))))
    version = values.get("Version", "")
    if version not in ("1", "2"):
        raise ValueError("a LUKS header without a version")
    base = LuksHeader(
        device=target_text(device, PATH_LIMIT), version=int(version), uuid=target_text(values.get("UUID", ""), 64)
    )
    requirements = values.get("Requirements", "").replace(",", " ")
    if version == "1":
        return _of_luks1(base, values, lines)
    return replace(
        base,
        segments=tuple(_items(lines, "Data segments", _segment)),
        slots=tuple(_items(lines, "Keyslots", _slot)),
        tokens=tuple(_items(lines, "Tokens", _token)),
        requirements=() if NO_PARTS.fullmatch(requirements) else tuple(target_text(requirements).split()),
    )


def _of_luks1(base: LuksHeader, values: dict[str, str], lines: Sequence[str]) -> LuksHeader:
    """LUKS1 has one cipher and PBKDF2 with one hash for all of its eight slots."""
    slots: list[Keyslot] = []
    for line in lines:
        found = OLD_SLOT.fullmatch(line.strip())
        value = _value(line)
        if found and found[2] == "ENABLED":
            hashed, bits = target_text(values.get("Hash spec", ""), 32), _number(values.get("MK bits", ""))
            slots.append(Keyslot(number=int(found[1]), kdf="pbkdf2", hash=hashed, key_bits=bits))
        elif found is None and value and value[0] == "Iterations" and slots and slots[-1].cost is None:
            slots[-1] = replace(slots[-1], cost=_number(value[1]))
    cipher = f"{values.get('Cipher name', '')}-{values.get('Cipher mode', '')}"
    return replace(base, segments=(Segment(kind="crypt", cipher=target_text(cipher, 128)),), slots=tuple(slots))


def _items(lines: Sequence[str], heading: str, make: Callable[[int, str, dict[str, list[str]]], Row]) -> Iterator[Row]:
    """The numbered parts below a heading of a LUKS2 header, each with its values (a name may come more than once)."""
    inside, number, kind, values = False, -1, "", dict[str, list[str]]()
    for line in (*lines, "end:"):
        item, value = ITEM.fullmatch(line.rstrip()), _value(line)
        at_margin = not line.removeprefix(" ").startswith((" ", "\t"))
        if inside and number >= 0 and (item or at_margin):
            yield make(number, kind, values)
            number, values = -1, {}
        if at_margin and item is None:
            inside = line.strip() == f"{heading}:"
        elif inside and item:
            number, kind = int(item[1]), item[2]
        elif inside and value:
            values.setdefault(value[0], []).append(value[1])


def _segment(_: int, kind: str, values: dict[str, list[str]]) -> Segment:
    cipher, integrity = values.get("cipher", [""])[0], values.get("integrity", [""])[0]
    return Segment(kind=kind, cipher=target_text(cipher, 128), integrity=target_text(integrity, 64))


def _slot(number: int, _: str, values: dict[str, list[str]]) -> Keyslot:
    def first(name: str) -> str:
        return values.get(name, [""])[0]

    return Keyslot(
        number=number,
        kdf=target_text(first("PBKDF"), 32),
        hash=target_text(first("Hash"), 32),
        cost=_number(first("Iterations") or first("Time cost")),
        memory_kib=_number(first("Memory")),
        key_bits=_number(first("Key").removesuffix(" bits")),
    )


def _token(_: int, kind: str, values: dict[str, list[str]]) -> Token:
    slots = (_number(text) for text in values.get("Keyslot", []))
    pin = values.get("tpm2-pin", [""])[0]
    return Token(
        kind=target_text(kind, 64),
        slots=tuple(sorted(slot for slot in slots if slot is not None)),
        needs_pin={"true": True, "false": False}.get(pin),
    )


def _crypttab(lines: list[str]) -> tuple[CrypttabEntry, ...]:
    found = (crypttab_entry(line.encode()) for line in lines)
    return tuple(sorted(filter(None, found), key=lambda entry: entry.name))


def _key_file(line: str) -> KeyFile:
    found = KEY_FILE.fullmatch(line.strip())
    if found is None:
        raise ValueError("not a key file with its owner and mode")
    return KeyFile(path=target_text(found[3], PATH_LIMIT), owner=int(found[1]), mode=int(found[2], 8))


def _drive(name: str, lines: Sequence[str]) -> DriveLocking | None:
    """None where it does not tell, or tells two things."""
    said = {found[1] or found[2] for line in lines if (found := LOCKS.fullmatch(line.strip()))}
    media = {found[1] for line in lines if (found := ENCRYPTS.fullmatch(line.strip()))}
    if len(said) != 1 or len(media) > 1:
        return None
    return DriveLocking(
        device=target_text(name), is_enabled=said <= {"Y", "Yes"}, encrypts=media == {"Y"} if media else None
    )


def _value(line: str) -> tuple[str, str] | None:
    found = VALUE.fullmatch(line.rstrip())
    return (found[1], found[2].strip()) if found else None


def _number(text: str) -> int | None:
    return int(text) if NUMBER.fullmatch(text.strip()) else None
