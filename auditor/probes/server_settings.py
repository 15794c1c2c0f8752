"""The collected sections beside the block graph → `ServerSettings`. Pure; draws no conclusion.

Formats: crypttab(5) of Debian's cryptsetup and of systemd, core(5); the lines of `server_facts.sh`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from auditor.facts.base import target_text
from auditor.facts.server import NODE_LIMIT, PATH_LIMIT, Section, SectionState
from auditor.facts.server_settings import CrypttabEntry, Directory, ServerSettings, Use
from auditor.probes.collection import Collected, sections
from auditor.probes.kernel_words import unescaped

Row = TypeVar("Row")
SECTIONS = ("corepattern", "crypttab", "directories", "fips", "fscrypt", "virt")
NOTHING = Collected(SectionState.ABSENT)
USES = {
    "postgresql": Use.POSTGRESQL,
    "mysql": Use.MYSQL,
    "mssql": Use.MSSQL,
    "mongodb": Use.MONGODB,
    "backup": Use.BACKUP,
    "temporary": Use.TEMPORARY,
    "crash": Use.CRASH,
}
# The options that tell what a volume is and what opens it. `password=` never existed, and nothing else is kept.
KEPT_OPTIONS = frozenset({
    "bitlk", "cipher", "fido2-device", "fido2-pin", "hash", "header", "integrity", "keyfile-offset", "keyscript",
    "luks", "luks1", "luks2", "noauto", "nofail", "pkcs11-uri", "plain", "random", "size", "swap", "tcrypt",
    "tcrypt-keyfile", "tcrypt-veracrypt", "tmp", "tpm2-device", "tpm2-pcrs", "tpm2-pin", "veracrypt", "_netdev",
})  # fmt: skip
WITHOUT_VALUE = frozenset({"pkcs11-uri"})  # a URI may hold a PIN (RFC 7512 section 2.3)


def parse_server_settings(output: bytes, marker: str, observed_at: datetime, script: str) -> ServerSettings:
    """Read one run of `server_facts.sh`, whose SHA-256 is `script`."""
    found = sections(output, marker)
    states = {name: found.get(name, NOTHING).state for name in SECTIONS}

    def rows(name: str, parse: Callable[[bytes], Row]) -> tuple[Row, ...]:
        try:
            parsed = tuple(parse(line) for line in found.get(name, NOTHING).lines)
        except ValueError:
            states[name] = SectionState.FAILED
            return ()
        if len(parsed) > NODE_LIMIT:
            states[name] = SectionState.TRUNCATED
        return parsed[:NODE_LIMIT]

    crypttab = tuple(sorted(filter(None, rows("crypttab", crypttab_entry)), key=lambda entry: entry.name))
    directories = sorted(set(rows("directories", _directory)), key=lambda one: (one.use.value, one.path))
    return ServerSettings(
        observed_at=observed_at,
        script=script,
        crypttab=crypttab,
        fips={"1": True, "0": False}.get(_word(found, "fips")),
        virtualisation=_word(found, "virt"),
        core_pattern=_word(found, "corepattern", PATH_LIMIT),
        directories=tuple(directories),
        encrypted_directories=tuple(sorted(set(rows("fscrypt", unescaped)))),
        sections=tuple(Section(name=name, state=states[name]) for name in SECTIONS),
    )


def crypttab_entry(line: bytes) -> CrypttabEntry | None:
    """None for a comment. What is no known option is left out, and so is what may be a secret."""
    fields = line.split()
    if not fields or fields[0].startswith(b"#"):
        return None
    if len(fields) < 2:
        raise ValueError("not a line of crypttab")
    options = tuple(sorted(_kept_options(fields[3] if len(fields) > 3 else b"")))
    key = target_text(fields[2], PATH_LIMIT) if len(fields) > 2 else ""
    has_key = key not in ("none", "-") and not any(one.startswith("keyscript") for one in options)
    return CrypttabEntry(
        name=target_text(fields[0]),
        device=target_text(fields[1], PATH_LIMIT),
        key_file=key if has_key and key.startswith("/") else "",
        options=options,
    )


def _kept_options(raw: bytes) -> Iterator[str]:
    for option in target_text(raw, PATH_LIMIT).split(","):
        name = option.partition("=")[0]
        if name in KEPT_OPTIONS:
            yield name if name in WITHOUT_VALUE else option


def _directory(line: bytes) -> Directory:
    """`use=mysql open=0 path=/var/lib/mysql`."""
    fields = dict(word.split("=", 1) for word in line.decode("utf-8", "backslashreplace").split(" ") if "=" in word)
    if not fields.keys() >= {"use", "open", "path"} or fields["use"] not in USES or not fields["path"].startswith("/"):
        raise ValueError("not a directory and its use")
    path = unescaped(fields["path"].encode())
    return Directory(use=USES[fields["use"]], path=path, is_open=fields["open"] == "1" and "\n" not in path)


def _word(found: dict[str, Collected], name: str, limit: int = 64) -> str:
    """A section that is one line."""
    return target_text(found.get(name, NOTHING).body.strip().split(b"\n")[0], limit)
