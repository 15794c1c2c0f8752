"""Collected sections → ServerSettings: what was told is kept, a secret is not, what was not read is not guessed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.facts.server import NODE_LIMIT, SectionState
from auditor.facts.server_settings import CrypttabEntry, Directory, ServerSettings, Use
from auditor.probes.server_settings import crypttab_entry, parse_server_settings

M = "0123456789abcdef"
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def settings(**bodies: str | int) -> ServerSettings:
    """A section by its text, or by the code that it ended with."""
    parts = []
    for name, body in bodies.items():
        text, code = (body, 0) if isinstance(body, str) else ("", body)
        parts.append(f"{M} BEGIN {name}\n{text}\n{M} END {name} rc={code}\n")
    return parse_server_settings("\n".join([*parts, f"{M} DONE\n"]).encode("utf-8", "surrogateescape"), M, NOW, "5c1e")


def test_crypttab_is_read_as_its_manual_says() -> None:
    text = (
        "# name device key options\n\nroot UUID=1 none luks,discard,x-initrd.attach\n"
        "swap /dev/sdb1 /dev/urandom swap,cipher=aes-xts-plain64,size=512,timeout=5\n"
        "data PARTUUID=2 /etc/keys/data.key luks,header=/etc/keys/data.hdr\nbare /dev/sdc\n"
    )
    assert settings(crypttab=text).crypttab == (
        CrypttabEntry(name="bare", device="/dev/sdc"),
        CrypttabEntry(
            name="data",
            device="PARTUUID=2",
            key_file="/etc/keys/data.key",
            options=("header=/etc/keys/data.hdr", "luks"),
        ),
        CrypttabEntry(name="root", device="UUID=1", options=("luks",)),
        CrypttabEntry(
            name="swap",
            device="/dev/sdb1",
            key_file="/dev/urandom",
            options=("cipher=aes-xts-plain64", "size=512", "swap"),
        ),
    )


@pytest.mark.parametrize(
    "line",
    [
        b"data /dev/sda hunter2-the-passphrase luks,keyscript=/bin/echo",
        b"data /dev/sda /hunter2 luks,keyscript=/lib/cryptsetup/scripts/decrypt_keyctl",
        b"data /dev/sda hunter2",
        b"data /dev/sda none pkcs11-uri=pkcs11:token=x;pin-value=hunter2",
        b"data /dev/sda none luks,password=hunter2,x-hunter2",
    ],
)
def test_what_may_be_a_secret_is_not_kept(line: bytes) -> None:
    assert "hunter2" not in repr(crypttab_entry(line))


def test_a_crypttab_that_may_not_be_read_is_denied_and_not_empty() -> None:
    assert settings(crypttab=126).state_of("crypttab") is SectionState.DENIED
    assert settings(crypttab=127).state_of("crypttab") is SectionState.ABSENT
    assert settings(crypttab="lonely").state_of("crypttab") is SectionState.FAILED
    assert settings(crypttab="").state_of("crypttab") is SectionState.SEEN


def test_directories_and_their_uses() -> None:
    lines = (
        r"use=mysql open=0 path=/var/lib/mysql",
        r"use=backup open=1 path=/srv/my\040backups",
        r"use=crash open=1 path=/a\012",
    )
    text = "\n".join(lines)
    assert settings(directories=text).directories == (
        Directory(use=Use.MYSQL, path="/var/lib/mysql", is_open=False),
        Directory(use=Use.BACKUP, path="/srv/my backups", is_open=True),
        Directory(use=Use.CRASH, path="/a\n", is_open=False),  # a second line: nobody knows where it leads
    )


@pytest.mark.parametrize("line", ["use=oracle open=1 path=/x", "use=mysql path=/x", "use=mysql open=1 path=x", "what"])
def test_a_directory_that_cannot_be_read_fails_the_section(line: str) -> None:
    found = settings(directories=f"use=mysql open=1 path=/var/lib/mysql\n{line}")
    assert (found.state_of("directories"), found.directories) == (SectionState.FAILED, ())


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("0", False), ("2", None), ("", None)])
def test_fips_is_on_off_or_not_told(text: str, expected: bool | None) -> None:
    assert settings(fips=text).fips is expected
    assert settings(fips=127).fips is None


def test_words_are_one_line_and_short() -> None:
    found = settings(
        virt="kvm\nforged", corepattern="|/usr/lib/systemd/systemd-coredump %P\n", fscrypt="/\n/home\\040a"
    )
    assert (found.virtualisation, found.core_pattern) == ("kvm", "|/usr/lib/systemd/systemd-coredump %P")
    assert found.encrypted_directories == ("/", "/home a")
    assert found.script == "5c1e"
    assert len(settings(virt="x" * 1000).virtualisation) == 64


def test_thousands_of_lines_are_cut_and_said_to_be() -> None:
    found = settings(crypttab="\n".join(f"v{n} /dev/sd{n}" for n in range(NODE_LIMIT + 1)))
    assert (found.state_of("crypttab"), len(found.crypttab)) == (SectionState.TRUNCATED, NODE_LIMIT)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    frames = b"".join(
        b"%b BEGIN %b\n%b\n%b END %b rc=0\n" % (M.encode(), name, noise, M.encode(), name)
        for name in (b"crypttab", b"directories", b"fips", b"virt", b"fscrypt", b"corepattern")
    )
    assert isinstance(parse_server_settings(frames, M, NOW, ""), ServerSettings)
