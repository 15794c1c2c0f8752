"""What `auditor run` contacts and with what, and what of a target and of its credentials it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from typing import Any

import pytest

from auditor.reports.harmless import UNSHOWN
from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.listener import Listener
from auditor.rig.s3 import BucketSeed, s3_server
from auditor.rig.web import Site, server_context, web_listener
from tests.cli.front_door import FrontDoor
from tests.run_rig import INVENTORY, Town, drop, the_town  # noqa: F401 - fixtures

BUCKET = """\
  - id: files
    name: Files
    department: it
    owner: storage team
    data_classes: [contact]
    assets:
      - {id: box, kind: bucket, name: elm-files, account: "123456789012"}
"""
SECRET = "wJalrXUtnFEMI-example-secret-nobody-may-see"
TOKEN = "FwoGZXIvYXdzE-example-token-nobody-may-see"
KEY_FILE = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2hunter2hunter2\n-----END OPENSSH PRIVATE KEY-----\n"
NAMES = (
    "<script>alert(1)</script>.elm.example",
    "\x1b[31mred\x1b[0m.elm.example",
    "=cmd|'/c calc'!A1",
    "desk.elm.example\x00.evil.example",
    "[x](javascript:alert(1))|`x`",
)


def hostile_papers(root: Authority) -> dict[str, Issued]:
    return {
        "another name": root.leaf(*NAMES, subject="<b>\x1b]0;title\x07\u202e</b>"),
        "self-signed": self_signed(*NAMES),
    }


# What a target says.


@pytest.mark.parametrize("paper", ["another name", "self-signed"])
@pytest.mark.parametrize(
    "words", [("run", "terminal"), ("run", "markdown"), ("run", "plain"), ("run", "json"), ("check",)]
)
def test_hostile_names_in_a_certificate_are_shown_harmlessly(
    auditor: FrontDoor, town: Town, paper: str, words: tuple[str, ...]
) -> None:
    pem = hostile_papers(town.root)[paper].write(town.folder / "hostile.pem")
    site = Site(hsts='max-age=x; "\x1b[2J<img src=x>"', headers=(("Server", "\x1b[31m"),))
    plain = Site(redirects={"*": (302, "http://desk.elm.example/\x9b31m<script>|")})
    with web_listener(site, server_context(pem)) as https, web_listener(plain) as http:
        (town.folder / "connect-to").write_text("")
        for name, port in (("desk.elm.example:443", https.port), ("desk.elm.example:80", http.port)):
            town.map(name, port)
        command = town.words("--only=system=desk")
        if words[0] == "check":
            command = ("check", "https://desk.elm.example/", *command[3:5])
        else:
            command += ("--json",) if words[1] == "json" else (f"--format={words[1]}",)
        left = auditor(*command)
    shown = left.out + left.err
    assert left.code == (1 if words == ("check",) else 3), "a critical check fails; the redirects never end"
    assert not {one for one in shown if unicodedata.category(one) in UNSHOWN - {"Zl"} and one != "\n"}
    assert "\u202e" not in shown
    if words == ("check",):
        assert "<U+001B>" in shown
        assert "F - " in shown
    elif words[1] == "json":
        seen = [row["seen"] for one in json.loads(left.out)["findings"] for row in one["evidence"]]
        assert any("\x1b[31m" in text for text in seen), "the JSON keeps what was seen"
        assert "desk/form" in shown
    else:
        assert "<script>" not in shown
        page = (town.folder / "out" / "report.md").read_text()
        assert "<script>" not in page
        assert "\x1b" not in page


def test_a_name_that_is_cut_at_a_nul_does_not_count(auditor: FrontDoor, town: Town) -> None:
    """The fraud of 2009: "desk.elm.example\\0.evil.example" is not desk.elm.example."""
    pem = town.root.leaf("desk.elm.example\x00.evil.example").write(town.folder / "nul.pem")
    with web_listener(Site(), server_context(pem)) as https:
        (town.folder / "connect-to").write_text("")
        town.map("desk.elm.example:443", https.port)
        town.map("desk.elm.example:80", 1)
        auditor(*town.words("--only=system=desk"))
    wrong = [one for one in town.report["findings"] if one["check"] == "certificate-wrong-name"]
    assert [one["outcome"] for one in wrong] == ["fail"]


# What is contacted, and with what.


def test_nothing_outside_the_scope_is_contacted(auditor: FrontDoor, town: Town) -> None:
    """A redirect out of scope, one to an excluded host, and an issuer's address out of scope: none is followed."""
    trap = town.trap.port
    for name in ("evil.example:443", "evil.example:80", "plant.elm.example:443", "plant.elm.example:80"):
        town.map(name, trap)
    maker = town.root.intermediate()
    pem = maker.leaf("desk.elm.example", issuer_url="http://plant.elm.example/ca.der").without_chain()
    away = Site(redirects={"/": (302, "https://evil.example/"), "*": (302, "https://plant.elm.example/")})
    with (
        web_listener(away, server_context(pem.write(town.folder / "away.pem"))) as https,
        web_listener(Site(redirects={"*": (301, "https://plant.elm.example/")})) as http,
    ):
        lines = (town.folder / "connect-to").read_text().splitlines()
        kept = [line for line in lines if not line.startswith("desk.")]
        (town.folder / "connect-to").write_text("\n".join(kept) + "\n")
        town.map("desk.elm.example:443", https.port)
        town.map("desk.elm.example:80", http.port)
        auditor(*town.words())
        assert https.connections > 5
        assert http.connections == 1
    assert town.trap.connections == 0


def test_proxies_and_netrc_of_the_environment_are_not_used(
    auditor: FrontDoor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = town.folder / "netrc"
    netrc.write_text("machine desk.elm.example login clerk password hunter2\ndefault login clerk password hunter2\n")
    netrc.chmod(0o600)
    (town.folder / ".netrc").write_text(netrc.read_text())
    proxy = f"http://127.0.0.1:{town.trap.port}"
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, proxy)
        monkeypatch.setenv(name.lower(), proxy)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(town.folder))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    said: list[bytes] = []

    def answer(connection: Any, number: int) -> None:
        said.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 301 Away\r\nLocation: https://desk.elm.example/\r\nContent-Length: 0\r\n\r\n")

    town.write(more=BUCKET)
    with Listener(answer) as plain, s3_server([BucketSeed(name="elm-files")]) as url:
        lines = (town.folder / "connect-to").read_text().replace("desk.elm.example:80", "old.elm.example:80")
        (town.folder / "connect-to").write_text(lines)
        town.map("desk.elm.example:80", plain.port)
        left = auditor(*town.words(f"--endpoint-url={url}"))
    # Whose key a compatible server uses, whether it encrypts, and whether it obeys lists and policies, nobody can tell.
    assert left.code == 3, left.err
    unknown = {row["check"] for row in town.report["findings"] if row["outcome"] == "unknown"}
    lists = {"bucket-public-acl", "bucket-acl-public-list", "bucket-acl-public-write"}
    policies = {"bucket-public-policy", "bucket-public-list", "bucket-public-write", "bucket-plain-http"}
    assert unknown == {"bucket-no-customer-key", "bucket-not-encrypted", *lists, *policies}
    assert town.trap.connections == 0
    assert said
    assert not [request for request in said if b"authorization" in request.lower() or b"cookie" in request.lower()]
    assert "hunter2" not in town.everything(left)


def test_a_bucket_is_looked_at_and_its_credential_stays_secret(
    auditor: FrontDoor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    town.write(more=BUCKET)
    with s3_server([BucketSeed(name="elm-files")]) as url:
        seen = auditor(*town.words(f"--endpoint-url={url}"))
    assert re.search(r"│ Files +│ D ", seen.out)
    silent = auditor(*town.words("--endpoint-url=http://127.0.0.1:1"))
    assert silent.code == 3
    for left in (seen, silent):
        everything = town.everything(left)
        assert SECRET not in everything
        assert TOKEN not in everything
        assert "AKIAEXAMPLEEXAMPLE00" not in everything


def test_what_the_inventory_says_of_a_bucket_is_no_sight_of_it(
    auditor: FrontDoor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    town.write(more=BUCKET)
    auditor(*town.words("--endpoint-url=http://127.0.0.1:1"))
    (files,) = (one for one in town.report["systems"] if one["id"] == "files")
    assert files["letter"] == "NG"


def test_a_key_file_that_cannot_be_read_is_not_quoted(auditor: FrontDoor, town: Town) -> None:
    server = "      - {id: db, kind: server, host: db.elm.example}\n"
    town.write(("  - id: desk\n", server + "  - id: desk\n"))
    key = town.folder / "key"
    key.write_text(KEY_FILE)
    key.chmod(0o600)
    known = town.folder / "known_hosts"
    known.write_text("db.elm.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIhunter2\n")
    town.map("db.elm.example:22", 1)
    left = auditor(*town.words(f"--identity-file={key}", f"--known-hosts={known}"))
    assert left.code == 3
    assert {one["outcome"] for one in town.report["findings"] if one["asset"] == "site/db"} == {"unknown"}
    assert "hunter2" not in town.everything(left)


def test_an_output_that_cannot_hold_the_frame_shows_code_points_instead(town: Town) -> None:
    left = subprocess.run(
        [sys.executable, "-m", "auditor", *town.words()],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert left.returncode == 0, left.stderr
    assert b"\\u2502 Town site" in left.stdout


@pytest.mark.parametrize("columns", [100, 140])
def test_the_table_fits_the_terminal_and_breaks_no_name(
    auditor: FrontDoor, town: Town, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    left = auditor(*town.words("--tier", "deep"))
    assert max(map(len, left.out.splitlines())) <= columns
    assert not re.search(r"[a-z]- +│$", left.out, re.MULTILINE)
