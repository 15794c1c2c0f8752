"""The log holds what happened and nothing that a target said; it is private, whole, and no reason for a run to fail."""

from __future__ import annotations

import inspect
import logging
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import journal
from auditor.journal import Journal, Sight
from auditor.journal.event import LOG, What
from auditor.journal.looking import MOST_LOCI, is_address_and_port
from auditor.model import Outcome, Reason
from tests.cli.front_door import FrontDoor
from tests.journal_rig import NOWHERE, ROOT, lines, look, the_file  # noqa: F401 - fixtures


class Certificate:
    """Stands for a facts type: the log wants its name."""


class Banner:
    """Another one."""


# What is in it.


def test_a_look_says_what_was_seen_what_was_not_and_why(file: Path) -> None:
    with Journal(watched=False, file=file):
        look(
            "permits/web",
            Sight(Certificate, "192.0.2.1:443"),
            Sight(Certificate, "[2001:db8::1]:443"),
            Sight(Banner, "192.0.2.1:443", Reason.THROTTLED),
            Sight(Banner, "[2001:db8::1]:443"),
            seconds=1.23456,
            connections=7,
            broken={"TlsProbe": "KeyError"},
        )
    event = lines(file)[0]
    assert event["event"] == "asset-looked-at"
    assert (event["asset"], event["seconds"], event["connections"]) == ("permits/web", 1.235, 7)
    both = ["192.0.2.1:443", "[2001:db8::1]:443"]
    assert event["seen"] == [
        {"facts": "Banner", "places": 1, "loci": both[1:]},
        {"facts": "Certificate", "places": 2, "loci": both},
    ]
    assert event["unseen"] == [{"facts": "Banner", "reason": "throttled", "places": 1, "loci": both[:1]}]
    assert event["broken"] == {"TlsProbe": "KeyError"}


def test_the_time_is_utc_and_the_runs_id_stands_in_every_later_line(file: Path) -> None:
    before = datetime.now(UTC)
    with Journal(watched=False, file=file):
        journal.run_started(run="20261121T030000Z-abc123", assets=1, tool="1", rubric="2")
        look()
        journal.judged([Outcome.PASS, Outcome.UNKNOWN, Outcome.PASS])
        journal.kept(changes=0, seconds=0.01)
        journal.finished(complete=False, connections=4)
    found = lines(file)
    assert [line["event"] for line in found] == [
        "run-started",
        "asset-looked-at",
        "judged",
        "kept",
        "run-finished",
        "left",
    ]
    assert {line["run"] for line in found} == {"20261121T030000Z-abc123"}
    assert found[2]["findings"] == {"pass": 2, "unknown": 1}
    for line in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert abs((datetime.fromisoformat(line["time"]) - before).total_seconds()) < 60


def test_places_are_counted_and_only_some_are_named(file: Path) -> None:
    with Journal(watched=False, file=file):
        look("a", *(Sight(Certificate, f"192.0.2.{number}:443") for number in range(100)))
        look("b", Sight(Certificate, "/srv/secret-project"), Sight(Certificate, "mx.evil.example"))
    many, other = lines(file)[:2]
    assert (many["seen"][0]["places"], len(many["seen"][0]["loci"])) == (100, MOST_LOCI)
    assert other["seen"] == [{"facts": "Certificate", "places": 2, "loci": []}]


@pytest.mark.parametrize(
    ("locus", "is_ours"),
    [
        ("127.0.0.1:443", True),
        ("[::1]:443", True),
        ("[fe80::1]:22", True),
        ("127.0.0.1:65535", True),
        ("", False),
        ("127.0.0.1", False),
        ("::1:443", False),  # reads as an address without a port, too
        ("[127.0.0.1]:443", False),
        ("127.0.0.1:", False),
        ("127.0.0.1:443443", False),
        ("127.0.0.1:-1", False),
        ("127.0.0.1:\u0664\u0664\u0663", False),  # digits, but not ours
        ("[fe80::1%hello-from-the-target]:443", False),
        ("www.example.org:443", False),
        ("/srv/data", False),
        ("mx.example.org", False),
        ("127.0.0.1:443\n", False),
        ("https://127.0.0.1:443", False),
    ],
)
def test_a_place_is_named_if_it_is_an_address_and_a_port(locus: str, is_ours: bool) -> None:
    assert is_address_and_port(locus) is is_ours


@given(st.text() | st.from_regex(r"\[?[0-9a-fA-F:.%]*\]?:[0-9]*", fullmatch=True))
def test_nothing_but_the_signs_of_addresses_is_ever_named(locus: str) -> None:
    assert not is_address_and_port(locus) or re.fullmatch(r"[0-9a-fA-F:.\[\]]{9,50}|\[[0-9a-fA-F:.]{2,}\]:\d+", locus)


def test_no_event_takes_free_text() -> None:
    """Whoever adds an event or a field is asked here what may stand in it."""
    texts = {
        f"{name}({parameter.name})"
        for name, function in vars(journal).items()
        if inspect.isfunction(function) and function.__module__.startswith("auditor.journal") and name != "tell"
        for parameter in inspect.signature(function).parameters.values()
        if "str" in str(parameter.annotation)
    }
    assert texts == {
        "run_started(run)",
        "run_started(tool)",
        "run_started(rubric)",
        "looked_at(asset)",  # of the inventory, or typed
        "looked_at(broken)",  # names of classes
    }


def test_a_typed_target_is_logged_without_query_and_fragment(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(watched=True, file=file):
        look("https://a.example/x?token=hunter2")
        look("https://a.example/x#hunter2?y")
        look("https://a.example/\x1b[31m\u202e\n" + "x" * 5000)
    text = file.read_text() + capsys.readouterr().err
    assert "hunter2" not in text
    assert "https://a.example/x" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("\n") == 7
    assert max(map(len, text.splitlines())) < 800


# What somebody reads who watches.


def test_v_is_one_line_in_words_for_each_asset(capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(watched=True, file=None):
        journal.run_started(run="r", assets=2, tool="1", rubric="2")
        look("a/b", Sight(Certificate, ""), Sight(Banner, "", Reason.REFUSED), Sight(Banner, "x", Reason.REFUSED))
        look("a/c", again=True, found=2)
        journal.finished(complete=True, connections=1)
    assert capsys.readouterr().err.splitlines() == [
        "a/b: looked at for 1.0 s. Seen: Certificate. Not seen: Banner at 2 places (the connection was refused).",
        "a/c: looked at again for 1.0 s. Seen: nothing. Led to 2 things, listed in the inventory or not.",
    ]


def test_without_options_nothing_is_said_and_nothing_made(capsys: pytest.CaptureFixture[str]) -> None:
    with Journal(watched=False, file=None):
        assert not journal.is_read()
        look()
        journal.interrupted(done=1, assets=2)
    assert capsys.readouterr() == ("", "")


def test_check_logs_from_start_to_exit_code(auditor: FrontDoor, file: Path) -> None:
    left = auditor("check", NOWHERE, "-v", f"--log-file={file}")
    found = lines(file)
    assert [line["event"] for line in found] == ["run-started", "asset-looked-at", "judged", "run-finished", "left"]
    assert found[-1]["exit"] == left.code == 3
    assert len({line["run"] for line in found}) == 1
    assert found[1]["connections"] == 5
    assert {row["reason"] for row in found[1]["unseen"]} == {"refused"}
    assert left.err.startswith(f"{NOWHERE}: looked at for 0.")
    assert left.err.count("\n") == 1


def test_q_prints_the_result_alone(auditor: FrontDoor) -> None:
    left = auditor("check", NOWHERE, "-q")
    assert left.out.startswith(f"{NOWHERE}: NG")
    assert left.err == ""


def test_q_and_v_exclude_each_other(auditor: FrontDoor) -> None:
    left = auditor("check", NOWHERE, "-q", "-v")
    assert left.code == 2
    assert left.err == "auditor: -q and -v gainsay each other. Choose one of them.\n"


def test_an_error_is_logged_by_its_class_alone(auditor: FrontDoor, file: Path, tmp_path: Path) -> None:
    rubric = tmp_path / "hunter2.toml"
    assert auditor("check", NOWHERE, f"--rubric={rubric}", f"--log-file={file}").code == 2
    (line,) = lines(file)
    assert (line["event"], line["error"]) == ("error", "UsageError")
    assert "hunter2" not in file.read_text()


# Who else may log.


def test_a_library_that_logs_reaches_no_output_of_ours(file: Path) -> None:
    """In a process of its own: pytest listens at the root, where Python would otherwise print warnings itself."""
    script = f"""
import logging, warnings
from pathlib import Path
from auditor import journal
names = ("paramiko.transport", "urllib3.connectionpool", "botocore", "asyncio", "auditor", "auditor.reach.paramiko")
with journal.Journal(watched=True, file=Path({str(file)!r})):
    for name in names:
        logging.getLogger(name).critical("hunter2 %s", name)
    logging.critical("hunter2")
    warnings.warn("hunter2")
    journal.looked_at("ours", (), seconds=0)
"""
    left = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert left.returncode == 0, left.stderr
    assert left.stderr == "ours: looked at for 0.0 s. Seen: nothing.\n"
    assert left.stdout == ""
    assert "hunter2" not in file.read_text()


def test_the_log_hands_nothing_up_to_the_root(file: Path) -> None:
    heard: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    listener = Listener()
    logging.getLogger().addHandler(listener)
    try:
        with Journal(watched=False, file=file):
            look()
    finally:
        logging.getLogger().removeHandler(listener)
    assert heard == []


def test_afterwards_everything_is_as_before(file: Path) -> None:
    before = (LOG.level, list(LOG.handlers), list(logging.getLogger().handlers))
    with pytest.raises(KeyError), Journal(watched=True, file=file):
        raise KeyError("hunter2")
    assert (LOG.level, list(LOG.handlers), list(logging.getLogger().handlers)) == before
    assert lines(file)[-1]["error"] == "KeyError"
    assert "hunter2" not in file.read_text()


# The page about it.


def test_every_event_and_field_is_documented(file: Path) -> None:
    with Journal(watched=False, file=file):
        journal.run_started(run="r", assets=1, tool="1", rubric="2")
        look("a", Sight(Certificate, ""), Sight(Banner, "", Reason.DNS), found=1, broken={"P": "E"})
        journal.second_look(assets=1)
        journal.judged([Outcome.FAIL])
        journal.kept(changes=0, seconds=0.0)
        journal.interrupted(done=0, assets=1)
        journal.finished(complete=True, connections=0)
    with pytest.raises(SystemError), Journal(watched=False, file=file):
        raise SystemError
    page = (ROOT / "docs" / "logging.md").read_text()
    found = lines(file)
    assert {line["event"] for line in found} == {what.value for what in What}
    inner = {name for line in found for row in (*line.get("seen", ()), *line.get("unseen", ())) for name in row}
    for name in {*What, *inner, *(name for line in found for name in line)}:
        assert f"`{name}`" in page, name
