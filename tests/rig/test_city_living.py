"""The city while it runs and after it: what a throttle hides, its ports, and the demonstration that ends whole."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from auditor.model import Letter, Outcome, Sensitivity
from auditor.rig.city import city
from auditor.rig.web import Site, web_listener
from tests.promises.road import grade_in
from tests.promises.web import WebService
from tests.rig.city_rig import ASSETS, AUDITOR, PATIENCE_S

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
