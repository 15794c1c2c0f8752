"""Every command has help with an example; every error is one sentence with what to do, and its exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from auditor.cli import COMMANDS
from auditor.reach import Target, read_nameserver
from tests.cli.front_door import FrontDoor

WAYS = [(), *((name,) for name in COMMANDS), *(("inventory", name) for name in ("lint", "plan", "schema"))]


@pytest.mark.parametrize("words", WAYS, ids=lambda words: " ".join(words) or "auditor")
def test_every_command_has_help_with_an_example(auditor: FrontDoor, words: tuple[str, ...]) -> None:
    left = auditor(*words, "--help")
    assert left.code == 0
    assert f"\n  auditor {' '.join(words)}".rstrip() in left.out.partition("Usage:")[2]
    assert left.err == ""


def test_an_unknown_command_is_a_usage_error(auditor: FrontDoor) -> None:
    left = auditor("chekc")
    assert (left.code, left.out) == (2, "")
    assert "No such command 'chekc'. Did you mean 'check'?" in left.err
    assert "Did you mean" not in auditor("zzz").err


@pytest.mark.parametrize("group", ["report", "store", "inventory"])
def test_what_a_command_is_for_is_not_cut_off(auditor: FrontDoor, group: str) -> None:
    assert "..." not in auditor(group, "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("ftp://files.example.org", "ftp:// is not a kind of target"),
        ("https://", "is not a target"),
        ("https://a b/", "is not a target"),
        ("https://host:99999", "not an address that can be read"),
        ("s3://", "is not a target"),
        ("s3://bucket/key", "is not a target"),
        ("https://[::1", "not an address that can be read"),
        ("https://ho\x1bst/", "is not a target"),
        ("2001:db8::1", "An IPv6 address needs brackets"),
        ("https:/www.example.org", "'https:/www.example.org' is not a target"),
        ("s3:uploads", "'s3:uploads' is not a target"),
        ("https://www.example.org:0", "not an address that can be read"),
        ("ssh://db1.example.org:0", "not an address that can be read"),
    ],
)
def test_a_target_that_cannot_be_read_is_a_usage_error(auditor: FrontDoor, target: str, said: str) -> None:
    left = auditor("check", target)
    assert left.code == 2
    assert said in left.err
    assert left.err.count("\n") == 1
    assert "\x1b" not in left.err


@pytest.mark.parametrize(
    "url",
    [
        "localhost:9000",
        "",
        "ftp://files.example.org",
        "https://",
        "https://s3:99999",
        "https://s3:0",
        "https://[::1",
        "https://clerk:hunter2@s3.example.org",
        "https://s3.example.org/?key=hunter2",
        "https://a b",
    ],
)
def test_an_endpoint_url_that_cannot_be_used_is_a_usage_error(auditor: FrontDoor, url: str) -> None:
    left = auditor("check", "s3://uploads", "--endpoint-url", url)
    assert (left.code, left.out) == (2, "")
    assert "--endpoint-url" in left.err
    assert left.err.count("\n") == 1
    assert "hunter2" not in left.err


@pytest.mark.parametrize(
    "written",
    ["", "localhost", "ns.elm.example:53", "192.0.2.53:0", "192.0.2.53:65536", "192.0.2.53:", "192.0.2.53:dns", ":53",
     "192.0.2.53/24", "192.0.2.53,192.0.2.54", "clerk:hunter2@192.0.2.53", "[2001:db8::53", "2001:db8::53]",
     "[2001:db8::53]:0", "[192.0.2.53]:53x", "udp://192.0.2.53", "192.0.2.53#5353", "192.0.2.256", "300:53"],
)  # fmt: skip
def test_a_resolver_that_is_no_address_is_a_usage_error(auditor: FrontDoor, written: str) -> None:
    left = auditor("check", "https://www.elm.example", "--nameserver", written)
    assert (left.code, left.out) == (2, "")
    assert "--nameserver" in left.err
    assert left.err.count("\n") == 1
    assert "hunter2" not in left.err


@pytest.mark.parametrize(
    ("written", "address", "port"),
    [
        ("192.0.2.53", "192.0.2.53", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("2001:db8::53", "2001:db8::53", 53),
        ("[2001:db8::53]", "2001:db8::53", 53),
        ("[2001:db8::53]:5353", "2001:db8::53", 5353),
    ],
)
def test_how_a_resolver_is_written(written: str, address: str, port: int) -> None:
    assert read_nameserver(written) == Target(address, port)


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_resolver_can_be_named_wherever_something_is_looked_at(auditor: FrontDoor, command: str) -> None:
    assert "--nameserver ADDRESS[:PORT]" in auditor(command, "--help").out


def test_a_connect_to_file_that_is_no_text_is_a_usage_error(auditor: FrontDoor, tmp_path: Path) -> None:
    path = tmp_path / "connect-to"
    path.write_bytes(b"www.example.org:443 127.0.0.1:8443 # \xe9\n")
    left = auditor("check", "https://www.example.org", "--connect-to", str(path))
    assert left.code == 2
    assert "is not UTF-8" in left.err
    assert left.err.count("\n") == 1


def test_a_password_in_a_target_is_refused_and_not_repeated(auditor: FrontDoor) -> None:
    left = auditor("check", "https://clerk:hunter2@www.example.org/")
    assert left.code == 2
    assert "hunter2" not in left.err + left.out


@pytest.mark.parametrize("option", ["--ca-file", "--identity-file", "--known-hosts", "--deep-python", "--connect-to"])
def test_a_file_that_is_not_there_is_named_before_anything_is_probed(auditor: FrontDoor, option: str) -> None:
    left = auditor("check", "https://127.0.0.1:1", option, "/nonexistent/file")
    assert left.code == 2
    assert "/nonexistent/file" in left.err


def test_a_broken_rubric_is_a_usage_error(auditor: FrontDoor, tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text('version = "x"\n', encoding="utf-8")
    left = auditor("check", "https://127.0.0.1:1", "--rubric", str(rubric))
    assert left.code == 2
    assert "lacks attested" in left.err


@pytest.mark.parametrize(
    "line", ["www.example.org 127.0.0.1:1", "www.example.org:443 there:1", "a:1", "a:0 127.0.0.1:1"]
)
def test_a_bad_connect_to_line_is_named_by_file_and_line(auditor: FrontDoor, tmp_path: Path, line: str) -> None:
    path = tmp_path / "connect-to"
    path.write_text(f"# ports\n{line}\n", encoding="utf-8")
    left = auditor("check", "https://127.0.0.1:1", "--connect-to", str(path))
    assert left.code == 2
    assert f"{path}:2:" in left.err


def test_a_bug_of_ours_does_not_leave_with_the_code_of_a_gate() -> None:
    program = "from auditor.cli.exits import guarded\nguarded(lambda: 1 / 0)"
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert left.returncode == 4
    assert "ZeroDivisionError" in left.stderr
    assert "this is a bug" in left.stderr


def test_a_full_disk_is_one_sentence_and_no_bug() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        left = subprocess.run(
            [sys.executable, "-m", "auditor", "checks"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert left.returncode == 4
    assert left.stderr == "auditor: there is no room left for what is printed. Make room, or print it elsewhere.\n"


def test_an_interrupt_leaves_with_130() -> None:
    program = "from auditor.cli.exits import guarded\ndef stop():\n    raise KeyboardInterrupt\nguarded(stop)"
    left = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert left.returncode == 130


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = f"{sys.executable} -m auditor checks --markdown | head -c 1"
    left = subprocess.run(["bash", "-o", "pipefail", "-c", program], capture_output=True, text=True, check=False)
    assert left.stderr == ""
