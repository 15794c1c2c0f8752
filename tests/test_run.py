"""The command `auditor run`, end to end: what it prints, writes and contacts, and how it leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.reports.harmless import UNSHOWN
from auditor.rig.authority import Authority, Issued, self_signed
from auditor.rig.listener import Listener
from auditor.rig.s3 import BucketSeed, s3_server
from auditor.rig.web import Site, WebListener, server_context, web_listener
from tests.cli.front_door import FrontDoor, Left
from tests.strangers import GOOD, install

INVENTORY = """\
schema: inventory/v1
organisation: {id: elm, name: Town of Elm, timezone: Europe/Paris}
scope:
  dns_suffixes: [elm.example]
  aws_accounts: ["123456789012"]
  exclude:
    - {match: plant.elm.example, reason: control system, approved_by: CIO, expires: 2030-01-01}
data_classes:
  open: {tier: public}
  contact: {tier: confidential}
departments:
  - {id: it, name: Computing}
systems:
  - id: site
    name: Town site
    department: it
    owner: web team
    data_classes: [open]
    assets:
      - {id: www, kind: web, url: "https://www.elm.example/"}
  - id: desk
    name: Help desk
    department: it
    owner: web team
    data_classes: [contact]
    assets:
      - {id: form, kind: web, url: "https://desk.elm.example/", tiers: [nightly, online]}
"""
WAIVER = """\
waivers:
  - id: W-7
    asset: desk/form
    check: web-hsts-missing
    reason: soon gone
    risk_owner: Clerk
    approved_by: CIO
    approved: 2020-01-01
    expires: EXPIRES
"""
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


@pytest.fixture
def auditor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> FrontDoor:
    return FrontDoor(monkeypatch, capsys)


@dataclass(frozen=True)
class Town:
    """www (nothing to find fault with but what is not asked) and desk (no HSTS), and a trap where nobody may go."""

    folder: Path
    www: WebListener
    desk: WebListener
    trap: Listener
    root: Authority

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory.yaml"

    @property
    def connections(self) -> int:
        return self.www.connections + self.desk.connections

    def map(self, name: str, port: int) -> None:
        """Let a name lead to a port of this machine from now on."""
        with (self.folder / "connect-to").open("a") as file:
            file.write(f"{name} 127.0.0.1:{port}\n")

    def write(self, *edits: tuple[str, str], more: str = "") -> None:
        text = INVENTORY + more
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        self.inventory.write_text(text)

    def words(self, *words: str) -> tuple[str, ...]:
        """The command line."""
        folder = self.folder
        files = (f"--connect-to={folder / 'connect-to'}", f"--ca-file={folder / 'roots.pem'}")
        return ("run", str(self.inventory), f"--out={folder / 'out'}", *files, *words)

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "out" / "report.json").read_text())
        return document

    def everything(self, left: Left) -> str:
        """All that was printed and written."""
        return left.out + left.err + "".join(path.read_text() for path in (self.folder / "out").iterdir())


def drop(connection: object, number: int) -> None:
    """The trap: takes a connection, counts it, and says nothing."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    root = Authority.root("Elm Root")
    (tmp_path / "roots.pem").write_bytes(root.pem)
    with ExitStack() as stack:

        def https(name: str, site: Site) -> WebListener:
            context = server_context(root.leaf(name).write(tmp_path / f"{name}.pem"))
            return stack.enter_context(web_listener(site, context))

        www = https("www.elm.example", Site(hsts="max-age=31536000"))
        desk = https("desk.elm.example", Site())
        away = Site(redirects={"*": (301, "https://www.elm.example/")})
        plain = stack.enter_context(web_listener(away))
        made = Town(tmp_path, www, desk, stack.enter_context(Listener(drop)), root)
        for name, port in {
            "www.elm.example:443": www.port,
            "www.elm.example:80": plain.port,
            "desk.elm.example:443": desk.port,
            "desk.elm.example:80": plain.port,
        }.items():
            made.map(name, port)
        made.write()
        yield made


def test_a_complete_run_shows_system_asset_and_town_and_leaves_with_0(auditor: FrontDoor, town: Town) -> None:
    left = auditor(*town.words())
    assert left.code == 0, left.err
    assert re.search(r"│ Town site +│ A ", left.out)
    assert re.search(r"│ Help desk +│ C .* web-hsts-missing", left.out)
    assert re.search(r"│ desk/form +│ C ", left.out)
    assert "Town of Elm: C" in left.out
    assert left.err.startswith(f"The report lies in {town.folder / 'out' / 'report.json'}. Run ")


def test_only_looks_at_that_system_alone_and_gives_no_letter_above_it(auditor: FrontDoor, town: Town) -> None:
    left = auditor(*town.words("--only", "system=site"))
    assert left.code == 0
    assert "certificate-key-shared" not in {row["check"] for row in town.report["findings"]}, "it takes all systems"
    assert town.desk.connections == 0
    assert town.www.connections > 0
    assert "Town of Elm" not in left.out
    assert "Help desk" not in left.out
    report = town.report
    assert report["city"] is None
    assert report["departments"] == []
    assert [system["id"] for system in report["systems"]] == ["site"]
    assert {finding["asset"] for finding in report["findings"]} == {"site/www"}


@pytest.mark.parametrize("only", ["system=nowhere", "site", "asset=site/www", "system="])
def test_only_an_unknown_system_is_a_usage_error(auditor: FrontDoor, town: Town, only: str) -> None:
    left = auditor(*town.words("--only", only))
    assert left.code == 2
    assert "Write --only system=ID, with one of: desk, site." in left.err
    assert town.connections == 0


def test_a_tier_that_is_left_out_is_unknown_and_not_looked_at(auditor: FrontDoor, town: Town) -> None:
    left = auditor(*town.words("--tier", "privileged"))
    assert left.code == 3
    assert town.connections == 0
    findings = town.report["findings"]
    assert {(one["outcome"], one["reason"]) for one in findings} == {("unknown", "left_out")}
    assert {asset["letter"] for asset in town.report["assets"]} == {"NG"}


def test_json_is_the_report_that_is_written(auditor: FrontDoor, town: Town) -> None:
    left = auditor(*town.words("--json", "--quiet"))
    assert json.loads(left.out) == town.report
    assert left.out == (town.folder / "out" / "report.json").read_text()
    assert left.err == ""


@pytest.mark.parametrize(
    ("style", "row"),
    [
        ("terminal", r"^│ Town site +│ A "),
        ("markdown", r"^\| Town site +\| A +\|"),
        ("plain", r"^Town site  +A  "),
    ],
)
def test_the_table_can_be_drawn_in_three_ways(auditor: FrontDoor, town: Town, style: str, row: str) -> None:
    left = auditor(*town.words("--format", style))
    assert left.code == 0
    assert re.search(row, left.out, re.MULTILINE)
    assert ("│" in left.out) == (style == "terminal")
    page = (town.folder / "out" / "report.md").read_text()
    assert re.search(r"^\| Town site +\| A +\|", page, re.MULTILINE), "the file is Markdown whatever is printed"


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_probed(auditor: FrontDoor, town: Town) -> None:
    (town.folder / "file").write_text("")
    left = auditor(*town.words("--out", str(town.folder / "file" / "out")))
    assert left.code == 2
    assert re.search(r"cannot be written to .*/file/out: Not a directory\. Name another folder", left.err)
    assert town.connections == 0


def test_the_report_is_for_its_owners_eyes_alone(auditor: FrontDoor, town: Town) -> None:
    auditor(*town.words())
    folder = town.folder / "out"
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_an_out_that_is_a_file_is_a_usage_error(auditor: FrontDoor, town: Town) -> None:
    left = auditor(*town.words("--out", str(town.inventory)))
    assert left.code == 2
    assert town.connections == 0


def test_a_broken_inventory_is_said_by_line_and_nothing_is_probed(auditor: FrontDoor, town: Town) -> None:
    town.write(
        ("https://desk.elm.example/", "https://elsewhere.example/"), ("data_classes: [open]", "data_class: [open]")
    )
    left = auditor(*town.words())
    assert left.code == 2
    places = re.findall(r"inventory\.yaml:(\d+):\d+: ", left.err)
    assert len(places) >= 2, "all complaints at once"
    lines = town.inventory.read_text().splitlines()
    assert any("data_class:" in lines[int(place) - 1] for place in places)
    assert left.out == ""
    assert town.connections == 0
    assert not (town.folder / "out").exists()


def test_an_inventory_that_is_not_there_is_a_usage_error(auditor: FrontDoor, tmp_path: Path) -> None:
    left = auditor("run", str(tmp_path / "none.yaml"))
    assert left.code == 2
    assert "none.yaml" in left.err
    assert left.err.count("\n") == 1


def test_a_broken_rubric_is_a_usage_error_and_nothing_is_probed(auditor: FrontDoor, town: Town) -> None:
    rubric = town.folder / "rubric.toml"
    rubric.write_text("version = 'x'\n[caps.open]\ncritical = 'Z'\n")
    left = auditor(*town.words("--rubric", str(rubric)))
    assert left.code == 2
    assert "rubric.toml" in left.err
    assert town.connections == 0


def test_a_bad_plug_in_is_named_with_version_and_nothing_is_probed(
    monkeypatch: pytest.MonkeyPatch, town: Town, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:  # the folder is for the child's path alone
        module = install(patch, tmp_path, GOOD.replace("Why: people", "People"))
    left = subprocess.run(
        [sys.executable, "-m", "auditor", *town.words()],
        env=os.environ | {"PYTHONPATH": str(tmp_path / module)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert left.returncode == 4
    assert "city-sirens 1.2" in left.stderr
    assert "siren-quiet" in left.stderr
    assert "Why" in left.stderr
    assert "Traceback" not in left.stderr
    assert left.stdout == ""
    assert town.connections == 0


def test_what_is_found_is_unclaimed_unless_the_scope_excludes_it(
    monkeypatch: pytest.MonkeyPatch, town: Town, tmp_path: Path
) -> None:
    finding = """
        yield Seen({prefix}Siren(observed_at=reach.now(), is_loud=True))
        for host in ("plant", "stray"):
            yield Found(Asset(id=host, kind="web", address=f"https://{host}.elm.example/", system=""))
"""
    head, _, tail = GOOD.partition("        yield Seen(")
    code = (
        head.replace('"siren"', '"web"')
        .replace("import Seen", "import Found, Seen")
        .replace("import Tier", "import Asset, Tier")
    )
    with monkeypatch.context() as patch:  # the folder is for the child's path alone
        module = install(patch, tmp_path, code + finding.lstrip("\n") + tail.partition("\n")[2])
        subprocess.run(
            [sys.executable, "-m", "auditor", *town.words("-q")],
            env=os.environ | {"PYTHONPATH": str(tmp_path / module)},
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert [found["id"] for found in town.report["found"]] == ["stray"]
    assert town.report["city"]["found_unclaimed"] == 1


def test_an_expired_waiver_is_named_and_leaves_with_1(auditor: FrontDoor, town: Town) -> None:
    town.write(more=WAIVER.replace("EXPIRES", "2020-12-31"))
    left = auditor(*town.words())
    assert left.code == 1
    assert "1 waiver ended: W-7" in left.err
    report = town.report
    assert report["expired_waivers"] == ["W-7"]
    assert not [finding for finding in report["findings"] if finding["waiver"]]
    form = next(asset for asset in report["assets"] if asset["id"] == "desk/form")
    assert form["letter"] == form["with_accepted_risks"] == "C"


def test_a_waiver_in_force_lifts_the_accepted_letter_alone(auditor: FrontDoor, town: Town) -> None:
    town.write(more=WAIVER.replace("EXPIRES", "2035-12-31"))
    left = auditor(*town.words())
    assert left.code == 0
    form = next(asset for asset in town.report["assets"] if asset["id"] == "desk/form")
    assert (form["letter"], form["with_accepted_risks"]) == ("C", "A")


def test_a_gate_that_is_not_met_wins_over_what_was_not_seen(auditor: FrontDoor, town: Town) -> None:
    town.write(more=WAIVER.replace("EXPIRES", "2020-12-31"))
    assert auditor(*town.words("--tier", "deep")).code == 1
    town.write()
    assert auditor(*town.words("--tier", "deep")).code == 3
    assert auditor(*town.words("--tier", "deep", "--exit-zero")).code == 0


# What a target says.

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
    # Whose key a compatible server uses, whether it encrypts, and whether it obeys lists of objects, nobody can tell.
    assert left.code == 3, left.err
    unknown = {row["check"] for row in town.report["findings"] if row["outcome"] == "unknown"}
    lists = {"bucket-public-acl", "bucket-acl-public-list", "bucket-acl-public-write"}
    assert unknown == {"bucket-no-customer-key", "bucket-not-encrypted", *lists}
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
