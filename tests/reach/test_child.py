"""Programs beside us: what they wrote comes home, and nothing of them is left when they misbehave."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset, Reason, Tier
from auditor.reach import Access, Fence, Limits, Reaches
from auditor.reach.child import deep_python, run_program
from auditor.rig.listener import Listener


def run(script: str, *, seconds: float = 5.0, max_bytes: int = 1_000) -> bytes:
    return run_program((sys.executable, "-I", "-c", script), name="it", seconds=seconds, max_bytes=max_bytes)


def failure(script: str, *, seconds: float = 5.0) -> Unreachable:
    with pytest.raises(Unreachable) as caught:
        run(script, seconds=seconds)
    return caught.value


def is_running(pid: int) -> bool:
    """A zombie that nobody reaped (its parent was killed too) is not running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until_gone(pid: int) -> None:
    until = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < until, "the process lives on"
        time.sleep(0.01)


def test_what_was_written_comes_home() -> None:
    assert run("print('seen')") == b"seen\n"


def test_output_written_just_before_the_end_is_not_lost() -> None:
    assert run("import sys; sys.stdout.write('x' * 60_000)", max_bytes=60_000) == b"x" * 60_000


def test_a_hanging_program_is_killed_at_the_deadline() -> None:
    started = time.monotonic()
    assert failure("import time; time.sleep(60)", seconds=0.3).reason is Reason.DEADLINE
    assert time.monotonic() - started < 5


def test_what_a_killed_program_had_started_is_killed_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(note)!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    assert failure(script, seconds=1.0).reason is Reason.DEADLINE
    wait_until_gone(int(note.read_text(encoding="ascii")))


def test_a_program_that_ends_while_its_child_holds_the_pipe_does_not_keep_us_waiting() -> None:
    started = time.monotonic()
    script = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid)
"""
    pid = int(run(script))
    assert time.monotonic() - started < 4
    wait_until_gone(pid)


def test_a_grandchild_that_left_the_session_cannot_hold_us(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(8)"], start_new_session=True)
open({str(note)!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    started = time.monotonic()
    assert failure(script, seconds=1.0).reason is Reason.DEADLINE
    assert time.monotonic() - started < 5
    os.kill(int(note.read_text(encoding="ascii")), 9)


def test_a_flood_is_cut_and_its_writer_killed() -> None:
    assert failure("while True: print('x' * 1000)").reason is Reason.TOO_LONG


def test_a_flood_of_complaints_ends_at_the_deadline() -> None:
    flood = "import sys\nwhile True: sys.stderr.write('x' * 1000)"
    assert failure(flood, seconds=0.5).reason is Reason.DEADLINE


def test_a_crash_is_told_by_its_last_line_only() -> None:
    crash = failure("print('half an answer'); raise ValueError('no such thing')")
    assert crash.reason is Reason.PROBE_ERROR
    assert crash.detail == "it (ValueError: no such thing)"


def test_a_crash_cannot_steer_a_terminal() -> None:
    detail = failure(r"import sys; sys.exit('\x1b[2J\x07' + 'x' * 9000)").detail
    assert detail.isprintable()
    assert len(detail) < 300


def test_a_program_that_dies_of_a_signal_gave_no_answer() -> None:
    assert failure("import os; print('fine'); os.kill(os.getpid(), 11)").reason is Reason.PROBE_ERROR


def test_a_program_that_cannot_be_started_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        run_program((str(tmp_path / "none"),), name="it", seconds=1, max_bytes=1)
    assert caught.value.reason is Reason.TOOL_ABSENT


def test_the_environment_hands_on_neither_proxy_nor_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "HOME", "SSH_AUTH_SOCK", "PYTHONPATH"):
        monkeypatch.setenv(name, "value-of-the-operator")
    written = run("import os; print(sorted(os.environ))")
    assert written.replace(b"'LC_CTYPE', ", b"") == b"['AUDITOR_DOOR', 'LANG', 'PATH']\n"


def test_the_interpreter_that_was_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITOR_DEEP_PYTHON", sys.executable)
    assert deep_python(Access()) == Path(sys.executable)
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    assert deep_python(Access(deep_python=other)) == other


def test_without_a_name_it_lies_beside_our_own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AUDITOR_DEEP_PYTHON", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    python = tmp_path / ".venv-deep" / "bin" / "python"
    with pytest.raises(Unreachable) as caught:
        deep_python(Access())
    assert caught.value.reason is Reason.TOOL_ABSENT
    assert "make deep" in caught.value.detail
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert deep_python(Access()) == python


def test_a_deep_program_holds_the_fence_and_the_budget(tmp_path: Path) -> None:
    """Neither an excluded host nor a spent budget ever starts a process."""
    marker, program = tmp_path / "started", tmp_path / "program.py"
    program.write_text(f"open({str(marker)!r}, 'w')", encoding="utf-8")
    asset = Asset(id="a", kind="web", address="https://127.0.0.1:1/", system="s", tiers=frozenset({Tier.DEEP}))
    endpoint = Reaches(Access()).of(asset).endpoints("127.0.0.1", 1)[0]
    excluded = Access(fence=Fence(excluded=frozenset({"127.0.0.1"})), deep_python=Path(sys.executable))
    poor = Access(limits=Limits(connections_per_host=4), deep_python=Path(sys.executable))
    for access, reason in ((excluded, Reason.OUT_OF_SCOPE), (poor, Reason.BUDGET)):
        with pytest.raises(Unreachable) as caught:
            Reaches(access).of(asset).deep_program(program, endpoint, seconds=5, connections=5)
        assert caught.value.reason is reason
    assert not marker.exists()
    run = Reaches(Access(deep_python=Path(sys.executable)))
    assert run.of(asset).deep_program(program, endpoint, seconds=5, connections=5) == b""
    assert run.connections == 0  # it opened none


@pytest.mark.parametrize(("knocks", "counted"), [(0, 0), (2, 2), (5, 5), (7, 5)])
def test_what_a_deep_program_did_not_open_is_given_back(tmp_path: Path, knocks: int, counted: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, socket\n"
        "door = socket.socket(fileno=int(os.environ['AUDITOR_DOOR']))\n"
        f"for _ in range({knocks}):\n"
        "    door.send(b'?')\n"
        "    print(socket.recv_fds(door, 64, 1)[0].decode(), end='')\n",
        encoding="utf-8",
    )
    with Listener(lambda one, _: None) as server:
        asset = Asset(id="a", kind="tls", address=f"tls://127.0.0.1:{server.port}", system="s")
        run = Reaches(Access(deep_python=Path(sys.executable)))
        (endpoint,) = run.of(asset).endpoints("127.0.0.1", server.port)
        said = run.of(asset).deep_program(program, endpoint, seconds=5, connections=5)
    assert said == b"open\n" * counted + b"budget\n" * (knocks - counted)
    assert run.connections == counted
