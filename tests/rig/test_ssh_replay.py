"""The SSH server that replays recordings: it says so, speaks with any client, and keeps its recordings honest."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from auditor.probes.collection import sections
from auditor.rig.ssh_replay import RECORDED_MARKER, RECORDINGS, SAYS_SO, SshServer, replaying, write_identity

MARKER = "feedfacefeedface"


def ssh(server: SshServer, identity: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Debian's ssh(1), which shares no code with the server."""
    (folder / "known").write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    options = (
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={folder / 'known'}",
        "ConnectTimeout=10",
    )
    flags = [flag for option in options for flag in ("-o", option)]
    command = ["ssh", "-F", "none", *flags, "-i", str(identity), "-p", str(server.port), "audit@127.0.0.1"]
    return subprocess.run([*command, f"/bin/sh -s {MARKER}"], input=b"", capture_output=True, timeout=30, check=False)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_replay_is_the_recording_with_the_asked_marker(tmp_path: Path, recording: str) -> None:
    public = write_identity(tmp_path / "id")
    with SshServer(replaying(recording), authorized=public) as server:
        answer = ssh(server, tmp_path / "id", tmp_path)
    assert answer.returncode == 0
    assert SAYS_SO.encode() in answer.stderr  # the banner that ssh prints
    raw = files("auditor.rig").joinpath("recordings", f"{recording}.txt").read_bytes()
    found = RECORDED_MARKER.search(raw)
    assert found
    replayed = sections(answer.stdout, MARKER)
    assert SAYS_SO.encode() in replayed.pop("recording").body
    assert replayed == sections(raw, found[1].decode())
    assert found[1] not in answer.stdout


def test_a_stranger_is_not_let_in(tmp_path: Path) -> None:
    write_identity(tmp_path / "stranger")
    with SshServer(replaying("luks"), authorized=write_identity(tmp_path / "id")) as server:
        answer = ssh(server, tmp_path / "stranger", tmp_path)
        assert (server.connections, len(server.execs)) == (1, 0)
    assert answer.returncode == 255


def test_an_identity_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_identity(tmp_path / "id")
    assert (tmp_path / "id").stat().st_mode & 0o777 == 0o600


def test_every_recording_has_its_origin_and_its_truth() -> None:
    folder = files("auditor.rig").joinpath("recordings")
    origin = folder.joinpath("ORIGIN.txt").read_text()
    truth = {row["guest"] for row in json.loads(folder.joinpath("truth.json").read_text())}
    assert truth == set(RECORDINGS)
    assert all(f"{name}.txt" in origin and folder.joinpath(f"{name}.txt").is_file() for name in RECORDINGS)
