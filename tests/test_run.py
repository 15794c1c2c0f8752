"""The command `auditor run`, end to end: what it prints, writes and contacts, and how it leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.front_door import FrontDoor
from tests.run_rig import INVENTORY, Town, drop, the_town  # noqa: F401 - fixtures
from tests.strangers import GOOD, install

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
