"""The embedded city, audited from end to end: the letters that were planned, the report, the end of everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor.model import Letter, Outcome, Sensitivity, StepKind
from auditor.rig import s3
from auditor.rig.city import city
from auditor.rig.web import Site, web_listener
from tests.promises.road import grade_in
from tests.promises.web import WebService

ROOT = Path(__file__).parents[2]
INVENTORY = ROOT / "auditor" / "rig" / "inventory.yaml"
AUDITOR = (sys.executable, "-m", "auditor")
PATIENCE_S = 120.0

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
ASSETS = {
    "city-website/www": "A+ A+ A+",
    "photo-archive/photos": "C C C",
    "library/catalogue": "A A A",
    "library/rooms": "A A A",
    "events/calendar": "B B B",
    "events/trails": "B B B",
    "council-archive/archive": "C C C",
    "permits/permit-portal": "D D D",
    "utility-billing/pay": "F F F",
    "utility-billing/outages": "F F F",
    "payroll/payroll-db": "D D A",
    "clinic/intake": "A A A",
    "clinic/clinic-db": "A A A",
    "clinic/clinic-uploads": "A A A",
    "pharmacy/pharmacy-orders": "F F F",
    "dispatch/console": "D F D",
    "dispatch/dispatch-db": "NG F NG",
    "evidence/evidence-desk": "A A A",
    "evidence/evidence-nas": "D D D",
    "evidence/evidence-media": "F F F",
    "court-exchange/court-exchange-files": "D F D",
    "parking/parking-site": "F F F",
    "recreation/pools": "C C C",
    "recreation/camps": "A A A",
    "licences/dogs": "F F F",
    "licences/fishing": "F F F",
    "print-room/scanner": "F F F",
    "mail/mailboxes": "D D D",
    "storage/cloud-account": "C C C",
    "storage/backups": "C C C",
    "storage/open-data": "A A A",
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
    # What the inventory says of it, and that it stands in the list of the city's own account.
    assert passed == {"bucket-class-undeclared", "bucket-external-sensitive"}
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


# A throttle, wherever it begins.

SERVICES = {
    "clean": WebService(sensitivity=Sensitivity.RESTRICTED),
    "TLS 1.0": WebService(protocols="TLSv1 TLSv1.2 TLSv1.3", sensitivity=Sensitivity.RESTRICTED),
    "self-signed": WebService(is_self_signed=True, sensitivity=Sensitivity.RESTRICTED),
}


@cache
def unthrottled(name: str) -> tuple[Letter, Letter]:
    whole = grade_in(SERVICES[name].report()).letters
    return whole.measured, whole.at_worst


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("serves", range(15))
def test_a_throttle_never_makes_a_letter_better_nor_a_failure_out_of_silence(name: str, serves: int) -> None:
    whole = SERVICES[name].report()
    report = replace(SERVICES[name], serves=serves).report()
    measured, at_worst = unthrottled(name)
    seen = grade_in(report).letters
    assert seen.measured <= measured or measured is Letter.F, "F needs that somebody saw it"
    assert seen.at_worst <= at_worst
    failed = {finding.key for finding in whole.findings if finding.outcome is Outcome.FAIL}
    passed = {finding.key for finding in whole.findings if finding.outcome is Outcome.PASS}
    for finding in report.findings:
        assert finding.outcome is not Outcome.FAIL or finding.key in failed
        assert finding.outcome is not Outcome.PASS or finding.key in passed


# Beginning and end.


def listening() -> set[str]:
    """The TCP sockets of this process that listen, by inode."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    everyone = {row[9] for row in rows if row[3] == "0A"}
    ours = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            ours |= set(re.findall(r"^socket:\[(\d+)\]$", str(link.readlink())))
        except FileNotFoundError:  # the descriptor of the listing itself
            continue
    return everyone & ours


def test_nothing_is_left_of_a_city_that_stopped(tmp_path: Path) -> None:
    threads, sockets = set(threading.enumerate()), listening()
    with city(tmp_path):
        assert len(listening() - sockets) > 20
    assert listening() == sockets
    left = [thread for thread in threading.enumerate() if thread not in threads and not _ends(thread)]
    assert not left


def _ends(thread: threading.Thread) -> bool:
    thread.join(2.0)
    return not thread.is_alive()


def test_ports_that_are_closed_in_the_city_refuse_and_stay_taken(tmp_path: Path) -> None:
    with city(tmp_path) as running:
        lines = dict(line.split() for line in running.connect_to.read_text().splitlines())
        port = int(lines["192.0.2.40:2222"].rpartition(":")[2])
        with pytest.raises(OSError, match="Address already in use"), web_listener(Site(), port=port):
            pass


@contextmanager
def demo(folder: Path, **how: Any) -> Iterator[subprocess.Popen[str]]:
    """`auditor demo` in the folder `empty`, with its temporary files in `tmp`; killed if it outlives the block."""
    (folder / "tmp").mkdir()
    (folder / "empty").mkdir()
    with subprocess.Popen(
        [*AUDITOR, "demo"],
        cwd=folder / "empty",
        env=os.environ | {"TMPDIR": str(folder / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **how,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_demonstration_works_in_an_empty_directory(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "left with 3" in err
    assert "City of Fernwick: D" in out
    assert [path.name for path in (tmp_path / "empty").iterdir()] == ["report"]
    report = tmp_path / "empty" / "report"
    kept = {"demo-store.db", "demo-store.db.lock"}
    assert {path.name for path in report.iterdir()} == {"report.json", "report.md", "site", *kept}
    assert (report / "site" / "index.html").is_file()
    assert not list((tmp_path / "tmp").iterdir())


def test_ctrl_c_stops_the_demonstration_whole_and_leaves_a_report(tmp_path: Path) -> None:
    with demo(tmp_path, start_new_session=True) as process:  # a group of its own, as a terminal makes one
        _await_looking(process)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "interrupted; what was seen until then is in the report" in err
    assert "Traceback" not in err
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not list((tmp_path / "tmp").iterdir())
    report = json.loads((tmp_path / "empty" / "report" / "report.json").read_text())
    assert report["run"]["complete"] is False
    interrupted = {one["asset"] for one in report["findings"] if one["reason"] == "interrupted"}
    assert "dispatch/console" in interrupted  # it takes seconds to be sure of its silence
    assert len(report["assets"]) == len(ASSETS)


def _await_looking(process: subprocess.Popen[str]) -> None:
    """Until the audit below the demonstration holds a socket: it is looking."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        if any(_sockets(child) for child in _children(process.pid)):
            return
        time.sleep(0.01)
    raise AssertionError("nothing was looked at")


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended
            yield from map(int, (task / "children").read_text().split())


def _sockets(pid: int) -> int:
    """Of an audit; what is only just forked from the demonstration still holds the city's."""
    try:
        if b"run" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return 0
        return sum(str(link.readlink()).startswith("socket:") for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # gone, or a descriptor was closed meanwhile
        return 0
