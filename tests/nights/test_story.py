"""The whole story, with real servers: nights and what changes between them, a kill, a resume, a year, other homes."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auditor import plugins
from auditor.rig.web import Site
from tests.cli.front_door import FrontDoor, Left
from tests.nights.children import Zygote, until_kept
from tests.nights.town import GOOD, YEAR, Town, Turns, town
from tests.nights.village import DAY, Village

LOAD = plugins.load
INVENTORY = """\
schema: inventory/v1
organisation: {id: oak, name: Oak, timezone: America/New_York}
scope:
  dns_suffixes: [oak.example]
data_classes:
  open: {tier: public}
  contact: {tier: confidential}
departments:
  - {id: it, name: Computing}
systems:
  - {id: site, name: Site, department: it, owner: a team, data_classes: [open], assets: [WWW]}
  - {id: desk, name: Desk, department: it, owner: a team, data_classes: [contact], assets: [FORM]}
  - {id: pay, name: Pay, department: it, owner: a team, data_classes: [open], assets: [TILL, SHOP]}
  - {id: vault, name: Vault, department: it, owner: a team, data_classes: [open], assets: [DISKS, TAPE]}
"""
ASSETS = {
    "WWW": '{id: www, kind: web, url: "https://www.oak.example/"}',
    "FORM": '{id: form, kind: web, url: "https://form.oak.example/"}',
    "TILL": '{id: till, kind: web, url: "https://till.oak.example/"}',
    "SHOP": '{id: shop, kind: web, url: "https://shop.oak.example/"}',
    "DISKS": "{id: disks, kind: server, host: disks.oak.example}",
    "TAPE": "{id: tape, kind: server, host: tape.oak.example}",
}
RENAMED = '{id: home, kind: web, url: "https://www.oak.example/", formerly: [site/www]}'
WORD = """\
attestations:
  - id: A-1
    asset: vault/tape
    check: disk-plain
    outcome: pass
    statement: The tapes were written encrypted.
    by: The archivist
    made: 2026-01-01
    expires: LAST
"""
WAIVER = """\
waivers:
  - id: W-1
    asset: desk/form
    check: web-hsts-missing
    reason: soon gone
    risk_owner: Clerk
    approved_by: CIO
    approved: 2026-01-01
    expires: LAST
"""
HSTS = "web-hsts-missing"
ZONE = ZoneInfo("America/New_York")
WEB = ("www", "form", "till", "shop")


def first_night() -> datetime:
    """Ten past two, local time: certificates are of today, so that the nights must be, too."""
    return datetime.now(UTC).replace(hour=7, minute=10, second=0, microsecond=0) + DAY


class Oak(Village):
    """A village of real servers: what its doors show is in `town`."""

    town: Town

    def write(self, more: str = "", **edits: str) -> None:
        text = INVENTORY
        for name, row in {**ASSETS, **edits}.items():
            text = text.replace(name, row)
        text = text.replace(", ]", "]").replace("[, ", "[")
        last = (self.hands.now + (2 - self.night) * DAY).astimezone(ZONE).date().isoformat()
        self.path.write_text(text + (WORD + more).replace("LAST", last))

    def words(self, *words: str) -> tuple[str, ...]:
        return super().words(*self.town.options, *words)

    night = 0

    def sleep(self, days: float = 1) -> None:
        super().sleep(days)
        self.night += 1

    def finding(self, asset: str, check: str = HSTS, locus: str = "") -> dict[str, Any]:
        """At its one place, wherever that is."""
        (found,) = [row for row in self.report["findings"] if (row["asset"], row["check"]) == (asset, check)]
        return dict(found)

    def connections(self) -> dict[str, int]:
        return {name: self.town.connections(f"{name}.oak.example") for name in WEB}


@pytest.fixture
def oak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, auditor: FrontDoor, empty_store: Path) -> Iterator[Oak]:
    made = Oak(tmp_path, monkeypatch, auditor)
    monkeypatch.setattr(plugins, "load", LOAD)
    made.hands.now = first_night()
    made.lay_store(empty_store)
    with town(tmp_path) as made.town:
        for name in WEB:
            made.town.web(f"{name}.oak.example", Site() if name == "form" else GOOD)
        made.town.server("disks.oak.example", "luks")
        made.town.off("tape.oak.example")
        made.write()
        yield made


def judged_elsewhere(oak: Oak, run: str, store: Path, seed: int) -> subprocess.CompletedProcess[str]:
    """In a process of its own that shares nothing with this one but the program and the file."""
    home = oak.folder / f"home-{seed}"
    home.mkdir()
    environment = {
        "HOME": str(home),
        "TZ": ("Asia/Kathmandu", "Pacific/Auckland")[seed % 2],
        "LC_ALL": ("C", "tr_TR.UTF-8")[seed % 2],
        "PYTHONHASHSEED": str(seed),
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "auditor", "judge", run, "--json", f"--store={store}"]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def the_run(oak: Oak) -> str:
    return str(oak.report["run"]["id"])


def test_three_nights_a_kill_a_resume_and_a_year(oak: Oak, children: Zygote) -> None:
    baseline(oak)
    second = second_night(oak)
    third_night_killed(oak, children)
    third = third_night_resumed(oak, second)
    a_year_later(oak, third)
    the_same_bytes_elsewhere(oak, third)
    the_night_after(oak, third)


SECOND = """\
Oak: 1 regressed, 1 waived; city C

Regressed: these did not fail before:
  pay/till web-hsts-missing at 127.0.0.1:443: HSTS has no effect here. (pass -> fail)

Waived: these fail, and somebody accepts it now:
  desk/form web-hsts-missing at 127.0.0.1:443: HSTS has no effect here. (fail -> fail, waived by
    W-1)

Letters:
  system desk: C, with accepted risks A (was C)
  system pay: B (was A)

What else differs between the runs:
  The inventory was changed, and with it perhaps what is asked, waived or attested.

Gates:
  Gate regression is not met: 1 check fails that did not before: pay/till web-hsts-missing at
    127.0.0.1:443.
"""
THIRD = """\
Oak: N not seen now, 1 fixed, 2 ending; city C

Not seen now:
  pay/shop: N checks (not applicable, pass -> stale): certificate-broken-key,
    certificate-compromised-key, certificate-distrusted-issuer and N more

Ends by itself:
  attestation A-1 ends in 1 day (MIDNIGHT)
  waiver W-1 ends in 1 day (MIDNIGHT)

Fixed:
  pay/till web-hsts-missing at 127.0.0.1:443: Browsers are told to use HTTPS always. (fail -> pass)

Letters:
  system pay: A (was B), at worst F (was B)

What else differs between the runs:
  The inventory was changed, and with it perhaps what is asked, waived or attested.
"""


def told(left: Left) -> str:
    """A digest without its dates, how many checks there are, and what to type, which names runs."""
    text = re.sub(r"^.* compared with .*\n", "", left.out, flags=re.MULTILINE)
    text = re.sub(r"\d+ (?=not seen|checks|more)", "N ", re.sub(r"\d{4}-\d\d-\d\d 00:00 E[SD]T", "MIDNIGHT", text))
    return text.partition("\nType:\n")[0]


def baseline(oak: Oak) -> None:
    left = oak.run("--digest")
    assert left.code == 3, left.err
    assert left.out.startswith("Oak: the first run, a baseline; city C")
    assert oak.finding("desk/form", HSTS)["outcome"] == "fail"
    assert oak.finding("vault/disks", "disk-plain")["outcome"] == "pass"
    told = oak.finding("vault/tape", "disk-plain")
    assert (told["outcome"], told["basis"], told["attestation"]) == ("pass", "declared", "A-1")


def second_night(oak: Oak) -> Left:
    """The till lost its HSTS, the site was renamed, and the form's failure is waived until tomorrow."""
    oak.sleep()
    oak.town.web("till.oak.example", Site())
    oak.write(more=WAIVER, WWW=RENAMED)
    left = oak.run("--digest")
    assert left.code == 1, left.err
    assert oak.news() == {"regressed": [f"pay/till {HSTS}"], "waived": [f"desk/form {HSTS}"]}
    assert told(left) == SECOND
    assert oak.letter("systems", "desk") == ("C", "C", "A")
    assert oak.letter("systems", "pay") == ("B", "B", "B")
    assert not oak.finding("pay/till", HSTS)["flapping"]
    return left


def third_night_killed(oak: Oak, children: Zygote) -> None:
    """The till is mended, the shop vanished from the inventory, and the site hangs: there the run is killed."""
    oak.sleep()
    oak.town.web("till.oak.example", GOOD)
    oak.town.hang("www.oak.example")
    oak.write(more=WAIVER, WWW=RENAMED, SHOP="")
    child = children.start(oak, *oak.words("-q"))
    until_kept(oak, 4)
    child.kill()


def third_night_resumed(oak: Oak, second: Left) -> str:
    oak.town.web("www.oak.example", GOOD)
    before = oak.connections()
    left = oak.run("--digest", "--resume")
    assert left.code == 3, left.err
    after = oak.connections()
    assert after["form"] == before["form"], "nobody looks twice"
    assert after["shop"] == before["shop"], "it is not listed"
    assert after["www"] > before["www"]
    assert after["till"] > before["till"], "it turned: a second look"
    with closing(sqlite3.connect(oak.store)) as connection:
        looks = connection.execute("select count(*), count(distinct asset || '/' || turn) from look where run = 3")
        assert looks.fetchone() == (6, 6)
    news = oak.news()
    assert news["fixed"] == [f"pay/till {HSTS}"]
    assert {row.split()[0] for row in news["unknown_now"]} == {"pay/shop"}
    assert set(news) == {"fixed", "unknown_now"}
    assert told(left) == THIRD
    assert oak.finding("pay/shop", HSTS)["standing"] == "stale"
    assert second.out != left.out
    return the_run(oak)


def a_year_later(oak: Oak, run: str) -> None:
    """Nobody looked since: what passed is unknown, what fails stands, what was promised has ended."""
    day = (oak.hands.now + timedelta(days=365)).date().isoformat()
    left = oak.ask("judge", run, "--as-of", day, "--json")
    assert left.code == 0, left.err
    later = json.loads(left.out)
    assert later["expired_waivers"] == ["W-1"]
    assert later["expired_attestations"] == ["A-1"]
    outcomes = {(row["asset"], row["check"]): row["outcome"] for row in later["findings"]}
    assert outcomes["desk/form", HSTS] == "fail"
    assert {outcome for key, outcome in outcomes.items() if key != ("desk/form", HSTS)} == {"unknown"}
    letters = {row["id"]: (row["letter"], row["with_accepted_risks"]) for row in later["systems"]}
    assert letters["desk"] == ("D", "D")
    early = oak.ask("judge", run, "--as-of", (oak.hands.now - 2 * DAY).date().isoformat())
    assert early.code == 2


def the_same_bytes_elsewhere(oak: Oak, run: str) -> None:
    wanted = (oak.out / "report.json").read_text()
    assert oak.ask("judge", run, "--json").out == wanted
    copied = oak.folder / "elsewhere" / "city.db"
    copied.parent.mkdir(mode=0o700)
    shutil.copy(oak.store, copied)
    backup = oak.folder / "elsewhere" / "backup.db"
    left = oak.ask("store", "backup", "--out", str(backup))
    assert left.code == 0, left.err
    for seed, store in enumerate((copied, backup), 1):
        done = judged_elsewhere(oak, run, store, seed)
        assert done.returncode == 0, done.stderr
        assert "The same bytes" in done.stderr
        assert done.stdout == wanted


def the_night_after(oak: Oak, third: str) -> None:
    """A minute after midnight in New York the waiver and the attestation have ended."""
    tomorrow = oak.hands.now.astimezone(ZONE).date() + DAY
    midnight = datetime.combine(tomorrow, datetime.min.time(), ZONE).astimezone(UTC)
    oak.hands.now = midnight - timedelta(minutes=1)
    left = oak.run("--digest")
    assert left.code == 3, left.err
    assert oak.report["expired_waivers"] == []
    oak.hands.now = midnight
    left = oak.run("--digest")
    assert left.code == 1, left.err
    assert oak.report["expired_waivers"] == ["W-1"]
    assert oak.report["expired_attestations"] == ["A-1"]
    assert oak.news() == {"waiver_ended": [f"desk/form {HSTS}"], "unknown_now": ["vault/tape disk-plain"]}
    assert oak.letter("systems", "desk") == ("C", "C", "C")
    assert "Gate expired is not met: 1 waiver ended: W-1; 1 attestation ended: A-1" in " ".join(left.out.split())
    assert "waiver W-1 has ended" in left.out
    assert the_run(oak) > third


def test_two_backends_that_disagree_are_found_by_the_second_look(oak: Oak) -> None:
    oak.run("-q", "--only=system=pay")
    oak.sleep()
    oak.write()
    turns = Turns((Site(), GOOD))
    oak.town.web("till.oak.example", Site(hsts=YEAR, speak=turns))
    left = oak.run("-q", "--only=system=pay")
    assert left.code == 1, left.err
    assert turns.asked == 2, "one page a look"
    found = oak.finding("pay/till", HSTS)
    assert (found["outcome"], found["flapping"]) == ("fail", True)
    assert oak.news() == {"flapping": [f"pay/till {HSTS}"]}
    assert oak.ask("judge", "last", "--json").out == (oak.out / "report.json").read_text()


def test_a_server_that_is_gone_at_the_second_look_takes_nothing_away(oak: Oak) -> None:
    oak.run("-q", "--only=system=pay")
    oak.sleep()
    oak.write()
    hung_up = Site(raw=b"")
    turns = Turns((Site(), hung_up))
    oak.town.web("till.oak.example", Site(speak=turns))
    left = oak.run("-q", "--only=system=pay")
    assert left.code == 1, left.err
    assert turns.asked > 1
    assert oak.finding("pay/till", HSTS)["outcome"] == "fail"
    assert not oak.finding("pay/till", HSTS)["flapping"]
    assert oak.report["run"]["complete"]
