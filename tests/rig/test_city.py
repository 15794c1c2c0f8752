"""The embedded city, audited from end to end: the letters that were planned, the report, the end of everything."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.model import Letter, Outcome, StepKind
from auditor.rig import s3
from auditor.rig.city import city
from tests.rig.city_rig import ASSETS, AUDITOR, PATIENCE_S

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "auditor" / "rig" / "inventory.yaml"

# measured, at worst, with accepted risks
SYSTEMS = {
    "city-website": "A+ A+ A+",
    "photo-archive": "C C C",
    "library": "A A A",
    "events": "B B B",
    "council-archive": "C C C",
    "permits": "D D D",
    "utility-billing": "F F F",
    "payroll": "D D A",
    "clinic": "A A A",
    "pharmacy": "F F F",
    "dispatch": "NG F NG",
    "evidence": "F F F",
    "court-exchange": "D F D",
    "parking": "F F F",
    "recreation": "C C C",
    "licences": "F F F",
    "print-room": "F F F",
    "mail": "D D D",
    "storage": "C C C",
}


@dataclass(frozen=True)
class Audited:
    """One `auditor run` against the city."""

    code: int
    out: str
    err: str
    folder: Path
    identity: str  # the private SSH key that was used

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return document

    def findings(self, asset: str) -> dict[tuple[str, str], dict[str, Any]]:
        """By check and locus."""
        return {
            (finding["check"], finding["locus"]): finding
            for finding in self.report["findings"]
            if finding["asset"] == asset
        }


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    folder = tmp_path_factory.mktemp("city")
    out = folder / "out"
    with city(tmp_path_factory.mktemp("rig")) as running:
        left = subprocess.run(
            [*AUDITOR, "run", str(INVENTORY), "--out", str(out), f"--store={out}.db", *running.options],
            env=os.environ | running.environment,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        identity = running.identity_file.read_text()
    return Audited(left.returncode, left.stdout, left.stderr, out, identity)


def letters(graded: dict[str, Any]) -> str:
    return f"{graded['letter']} {graded['at_worst']} {graded['with_accepted_risks']}"


def test_the_deep_environment_is_installed() -> None:
    """Without it nothing in the city can get an A+."""
    assert (Path(sys.prefix).parent / ".venv-deep" / "bin" / "python").is_file(), (
        "`make deep` or `make test` installs it"
    )


def test_every_system_and_asset_gets_the_letters_that_were_planned(audited: Audited) -> None:
    assert {system["id"]: letters(system) for system in audited.report["systems"]} == SYSTEMS
    assert {asset["id"]: letters(asset) for asset in audited.report["assets"]} == ASSETS


def test_every_letter_of_the_ladder_appears(audited: Audited) -> None:
    shown = {graded["letter"] for level in ("systems", "assets") for graded in audited.report[level]}
    assert shown == {str(letter) for letter in Letter}
    for letter in shown:
        assert re.search(rf" {re.escape(letter)} +│", audited.out), letter


def test_the_run_leaves_with_3_since_something_was_not_seen(audited: Audited) -> None:
    assert audited.code == 3
    assert audited.report["run"]["complete"] is False
    assert "Traceback" not in audited.err
    assert not [one for one in audited.report["findings"] if (one["reason"] or "").endswith("_error")]


def test_the_city_is_one_letter_above_its_worst_system(audited: Audited) -> None:
    report = audited.report["city"]
    assert report["letter"] == "D"
    assert report["caps"] == [], "its account is listed whole, and every bucket in it is claimed"
    assert report["distribution"] == {
        str(letter): sum(text.split()[0] == str(letter) for text in SYSTEMS.values()) for letter in Letter
    }
    assert report["sensitive"] == {"at_b_or_better": 1, "systems": 11}


def test_the_waived_swap_has_two_letters_and_names_the_waiver(audited: Audited) -> None:
    finding = audited.findings("payroll/payroll-db")["swap-plain", ""]
    assert (finding["outcome"], finding["waiver"]) == ("fail", "W-1")
    row = next(line for line in audited.out.splitlines() if "Payroll" in line)
    assert re.search(r"│ D +│ +│ A +│", row)


def test_what_the_throttled_host_would_not_say_is_unknown(audited: Audited) -> None:
    findings = audited.findings("dispatch/console")
    throttled = {check for (check, _), finding in findings.items() if finding["reason"] == "throttled"}
    assert {"tls-legacy-version", "tls-ssl3-accepted", "tls-ssl2-accepted"} <= throttled
    moot = {check for (check, _), finding in findings.items() if finding["outcome"] == "not_applicable"}
    assert moot <= {"addresses-differ"}, "a name of one address"
    assert {finding["outcome"] for finding in findings.values()} == {"unknown", "pass", "not_applicable"}
    passed = {check for (check, _), finding in findings.items() if finding["outcome"] == "pass"}
    assert {"tls-no-modern-version", "tls-no-tls13"} <= passed  # what was said before it fell silent
    assert passed <= {"tls-no-modern-version", "tls-no-tls13", "tls-no-forward-secrecy", "tls-no-aead", "tls-rc4-only"}


def test_the_silent_server_is_not_graded(audited: Audited) -> None:
    findings = audited.findings("dispatch/dispatch-db").values()
    assert {(finding["outcome"], finding["reason"]) for finding in findings} == {("unknown", "refused")}


def test_the_issuer_that_a_server_does_not_send_is_fetched_and_missed(audited: Audited) -> None:
    findings = audited.findings("events/trails")
    assert findings["certificate-incomplete-chain", "127.0.0.1:443"]["outcome"] == "fail"
    assert findings["certificate-untrusted", "127.0.0.1:443"]["outcome"] == "pass"


# What is wrong with an asset beyond what holds its letter down, and what is right although one might not think so.
FAULTS = {
    "recreation/pools": {"addresses-differ", "tls-legacy-version"},
    "recreation/camps": {"certificate-renewal-due", "tls-static-key-exchange", "tls-cbc-suite"},
    "licences/dogs": {"certificate-wrong-name"},
    "licences/fishing": {"tls-drown", "certificate-key-shared"},
    "print-room/scanner": {"tls-ssl2-accepted", "tls-drown", "certificate-key-shared"},
    "mail/mailboxes": {"starttls-login-before-tls"},
}


@pytest.mark.parametrize("asset", FAULTS)
def test_what_was_planned_for_an_asset_is_found_and_nothing_worse(audited: Audited, asset: str) -> None:
    failed = {check: one for (check, _), one in audited.findings(asset).items() if one["outcome"] == "fail"}
    assert set(failed) >= FAULTS[asset]
    unplanned = {failed[check]["severity"] for check in set(failed) - FAULTS[asset]}
    assert unplanned <= {"low", "medium"}, "what comes with an old version or with Python's own TLS"


def test_a_vendors_key_a_strangers_bucket_and_a_closed_one_are_told_apart(audited: Audited) -> None:
    foreign = audited.findings("pharmacy/pharmacy-orders")[("bucket-key-foreign", "")]
    assert foreign["outcome"] == Outcome.FAIL
    assert "555555555555" in json.dumps(foreign["evidence"])
    behind = audited.findings("photo-archive/photos")
    assert behind[("bucket-name-external", "")]["outcome"] == Outcome.FAIL
    closed = audited.findings("court-exchange/court-exchange-files").values()
    passed = {finding["check"] for finding in closed if finding["outcome"] == Outcome.PASS}
    # It stands in the list of the city's own account.
    assert passed == {"bucket-external-sensitive"}
    unknown = [finding["reason"] for finding in closed if finding["outcome"] == Outcome.UNKNOWN]
    assert unknown.count("access_denied") > 10


def test_the_account_around_the_buckets_shows_a_plain_snapshot(audited: Audited) -> None:
    failed = {
        check for (check, _), one in audited.findings("storage/cloud-account").items() if one["outcome"] == "fail"
    }
    assert failed == {"account-public-access-unblocked", "snapshot-not-encrypted"}
    unknown = [one for one in audited.findings("storage/cloud-account").values() if one["outcome"] == "unknown"]
    assert unknown == []
    assert audited.report["found"] == [], "every bucket of the account is claimed"


def test_the_two_machines_behind_one_name_are_told_apart(audited: Audited) -> None:
    (finding,) = [
        one for (check, _), one in audited.findings("recreation/pools").items() if check == "addresses-differ"
    ]
    said = {row["looked_at"]: row["seen"] for row in finding["evidence"]}
    assert "TLS 1.0" in said["versions at 127.0.0.2:443"]


def test_hybrid_groups_pass_where_they_are_spoken(audited: Audited) -> None:
    assert audited.findings("city-website/www")["tls-no-post-quantum", "127.0.0.1:443"]["outcome"] == "pass"
    assert audited.findings("mail/mailboxes")["tls-no-post-quantum", "127.0.0.1:143"]["outcome"] == "pass"


def test_no_secret_is_printed_or_kept(audited: Audited) -> None:
    kept = "".join(path.read_text() for path in audited.folder.iterdir())
    everything = audited.out + audited.err + kept
    body = [line for line in audited.identity.splitlines() if "-----" not in line]
    for secret in (s3.SECRET_KEY, s3.ACCESS_KEY, *body):
        assert secret not in everything


# The report, as docs/report.md describes it.

TEXT, TEXT_OR_NULL = (str,), (str, type(None))
LETTERS = {
    "letter": TEXT,
    "at_worst": TEXT,
    "with_accepted_risks": TEXT,
    "coverage": (float, type(None)),
    "counts": (dict,),
}
HELD = {"held_by": (list,), "next": (dict, type(None))}
ALONE = {"fixed_alone": (list,)}
SHAPE: dict[str, dict[str, tuple[type, ...]]] = {
    "run": dict.fromkeys(("id", "started", "finished", "as_of", "timezone", "tool", "rubric", "inventory"), TEXT)
    | {"complete": (bool,)},
    "city": LETTERS
    | HELD
    | {"id": TEXT, "distribution": (dict,), "sensitive": (dict,), "found_unclaimed": (int,), "caps": (list,)},
    "systems": LETTERS | HELD | ALONE | dict.fromkeys(("id", "name", "department", "owner", "sensitivity"), TEXT),
    "departments": LETTERS | {"id": TEXT, "name": TEXT},
    "assets": LETTERS
    | HELD
    | ALONE
    | dict.fromkeys(("id", "kind", "address", "system"), TEXT)
    | {"not_asked": (list,)},
    "findings": dict.fromkeys(
        ("asset", "check", "locus", "outcome", "severity", "tier", "basis", "standing", "summary"), TEXT
    )
    | dict.fromkeys(("reason", "observed_at", "waiver", "attestation"), TEXT_OR_NULL)
    | {"evidence": (list,), "flapping": (bool,)},
}
COUNTS = {"asked", "answered", "failed", "unknown", "stale", "attested", "waived"}


def test_the_report_has_the_shape_that_is_promised(audited: Audited) -> None:
    report = audited.report
    assert report["schema"] == "auditor/report/1"
    for name, shape in SHAPE.items():
        rows = report[name] if isinstance(report[name], list) else [report[name]]
        assert rows, name
        for row in rows:
            assert set(row) == set(shape), name
            assert not [key for key, types in shape.items() if not isinstance(row[key], types)], name
            assert "counts" not in row or set(row["counts"]) == COUNTS


def test_the_documentation_names_every_key_of_the_report(audited: Audited) -> None:
    page = (ROOT / "docs" / "report.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(audited.report)
    named = set(re.findall(r"`(\w+)`", page))
    for shape in SHAPE.values():
        assert set(shape) <= named
    assert named >= COUNTS


def test_every_reason_for_a_letter_is_a_finding_or_a_known_step(audited: Audited) -> None:
    report = audited.report
    findings = {(one["asset"], one["check"], one["locus"]): one for one in report["findings"]}
    kinds = {kind.value for kind in StepKind} - {StepKind.FIX.value}
    for graded in (report["city"], *report["systems"], *report["assets"]):
        steps = [*graded["held_by"], *(graded["next"] or {"steps": []})["steps"]]
        assert steps or graded["letter"] == "A+", graded["id"]
        for asset, check, locus in steps:
            if check in kinds:
                assert locus == ""
                continue
            assert findings[asset, check, locus]["outcome"] in ("fail", "unknown")


def test_the_counts_beside_a_letter_are_those_of_its_findings(audited: Audited) -> None:
    report = audited.report
    for asset in report["assets"]:
        outcomes = [one["outcome"] for one in report["findings"] if one["asset"] == asset["id"]]
        counts = asset["counts"]
        assert counts["asked"] == len(outcomes)
        assert counts["failed"] == outcomes.count("fail")
        assert counts["unknown"] == outcomes.count("unknown")
        assert asset["coverage"] == pytest.approx(counts["answered"] / counts["asked"], abs=1e-4)


def test_the_markdown_report_shows_the_same_letters(audited: Audited) -> None:
    page = (audited.folder / "report.md").read_text()
    names = {system["id"]: system["name"] for system in audited.report["systems"]}
    for system, text in SYSTEMS.items():
        assert re.search(rf"^\| {re.escape(names[system])} +\| {re.escape(text.split()[0])} +\|", page, re.MULTILINE)
