"""`auditor enrol`: shows what OpenSSH's own tools show, pins nothing by itself, writes where it is told to alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.front_door import FrontDoor
from tests.rig.openssh import OpenSsh, start_sshd

pytestmark = pytest.mark.root  # Debian's sshd takes part

INVENTORY = """\
schema: inventory/v1
organisation: {{id: elm, name: Town of Elm, timezone: Europe/Paris}}
departments: [{{id: it, name: Computing}}]
systems:
  - id: site
    name: Site
    department: it
    owner: web team
    assets:
      - {{id: db, kind: server, host: 127.0.0.1, port: {port}}}
      - {{id: www, kind: web, url: "https://127.0.0.1:{port}/"}}
"""


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSsh]:
    with start_sshd(tmp_path_factory.mktemp("sshd"), types=("ed25519", "ecdsa", "rsa")) as running:
        yield running


@pytest.fixture
def target(sshd: OpenSsh) -> str:
    return f"ssh://127.0.0.1:{sshd.port}"


def test_the_keys_are_those_that_openssh_shows_and_nobody_logs_in(
    auditor: FrontDoor, sshd: OpenSsh, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    left = auditor("enrol", target)
    assert left.code == 0
    scanned = subprocess.run(
        ["ssh-keyscan", "-T", "5", "-p", str(sshd.port), "127.0.0.1"], capture_output=True, text=True, check=True
    ).stdout
    ours = set(re.findall(r"known_hosts: (.*)", left.out))
    assert ours == {line for line in scanned.splitlines() if not line.startswith("#")}
    assert set(re.findall(r"host_key: (.*)", left.out)) == set(sshd.host_keys.values())
    printed = subprocess.run(
        ["ssh-keygen", "-lf", "-"], input=scanned, capture_output=True, text=True, check=True
    ).stdout
    assert set(re.findall(r"SHA256:\S+", left.out)) == set(re.findall(r"SHA256:\S+", printed))
    assert "not pinned yet" in left.out
    assert "ssh-keygen -lf" in left.out
    assert "publickey" not in sshd.log
    assert not list(tmp_path.iterdir())


def test_what_is_pinned_already_is_said(auditor: FrontDoor, sshd: OpenSsh, target: str, tmp_path: Path) -> None:
    place = f"[127.0.0.1]:{sshd.port}"
    known = tmp_path / "known"
    known.write_text(f"{place} {sshd.host_keys['rsa']}\n")
    left = auditor("enrol", target, "--known-hosts", str(known))
    assert left.out.count("pinned already") == 1
    assert left.out.count("NOT THE PINNED KEY") == 2


def test_the_lines_are_written_where_it_is_told_to_and_not_twice(
    auditor: FrontDoor, target: str, tmp_path: Path
) -> None:
    out = tmp_path / "known"
    out.write_text("# ours\n")
    for _ in range(2):
        assert auditor("enrol", target, "--out", str(out)).code == 0
    lines = out.read_text().splitlines()
    assert (lines[0], len(lines), len(set(lines))) == ("# ours", 4, 4)
    assert auditor("check", target, "--known-hosts", str(out)).out.count("ssh-host-key-changed") == 1  # it passes


def test_all_servers_of_an_inventory_are_shown_and_nothing_else_is_asked(
    auditor: FrontDoor, sshd: OpenSsh, tmp_path: Path
) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(INVENTORY.format(port=sshd.port))
    left = auditor("enrol", "--inventory", str(path))
    assert (left.code, left.out.count("host_key: ")) == (0, 3)
    assert "site/db (ssh://" in left.out
    assert "site/www" not in left.out


def test_the_jump_hosts_of_an_inventory_come_first_and_once(auditor: FrontDoor, sshd: OpenSsh, tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    profile = f"ssh_profiles: {{inner: {{jump: {{host: localhost, port: {sshd.port}}}}}}}\nsystems:\n"
    servers = '{{id: db, kind: server, host: "db[1-2].elm.example", ssh: inner}}\n      - {{id: www,'
    text = INVENTORY.replace("systems:\n", "{profile}").replace(
        "{{id: db, kind: server, host: 127.0.0.1, port: {port}}}\n      - {{id: www,", servers
    )
    path.write_text(text.format(port=sshd.port, profile=profile))
    left = auditor("enrol", "--inventory", str(path))
    assert left.out.startswith(f"jump host (ssh://localhost:{sshd.port})\n")
    assert (left.code, left.out.count("jump host (ssh://"), left.out.count("host_key: ")) == (3, 1, 3)
    assert left.out.count("the jump host localhost") == 2  # no key to log in with: no server behind it is asked


def test_every_host_of_a_chain_of_jump_hosts_is_shown_the_first_one_first(
    auditor: FrontDoor, sshd: OpenSsh, tmp_path: Path
) -> None:
    path = tmp_path / "city.yaml"
    outer = f"outer: {{jump: {{host: localhost, port: {sshd.port}}}}}"
    profile = f"ssh_profiles: {{{outer}, inner: {{jump: {{host: hop.elm.example, ssh: outer}}}}}}\nsystems:\n"
    servers = "{{id: db, kind: server, host: db.elm.example, ssh: inner}}\n      - {{id: www,"
    text = INVENTORY.replace("systems:\n", "{profile}").replace(
        "{{id: db, kind: server, host: 127.0.0.1, port: {port}}}\n      - {{id: www,", servers
    )
    path.write_text(text.format(port=sshd.port, profile=profile))
    left = auditor("enrol", "--inventory", str(path))
    heads = [line for line in left.out.splitlines() if line.startswith(("jump host (", "site/db ("))]
    assert heads == [
        f"jump host (ssh://localhost:{sshd.port})",
        "jump host (ssh://hop.elm.example)",
        "site/db (ssh://db.elm.example)",
    ]
    assert (left.code, left.out.count("host_key: ")) == (3, 3)


def test_a_server_that_is_not_there_is_said_and_the_others_are_shown(auditor: FrontDoor, target: str) -> None:
    left = auditor("enrol", "ssh://127.0.0.1:1", target)
    assert (left.code, left.out.count("host_key: ")) == (3, 3)
    assert "the connection was refused" in left.out


def test_where_no_key_was_shown_nobody_is_told_to_compare_any(auditor: FrontDoor) -> None:
    left = auditor("enrol", "ssh://127.0.0.1:1")
    assert (left.code, left.out) == (3, "ssh://127.0.0.1:1\n  127.0.0.1:1: the connection was refused.\n\n")


@pytest.mark.parametrize("words", [(), ("https://www.example.org",)])
def test_without_a_server_there_is_nothing_to_show(auditor: FrontDoor, words: tuple[str, ...]) -> None:
    left = auditor("enrol", *words)
    assert (left.code, left.out) == (2, "")
