"""Who is asked over SSH, by whom, and with which script."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from auditor.errors import Unreachable
from auditor.model import Asset
from auditor.reach import Access, Limits, Reaches
from auditor.rig.ssh_replay import SshServer, write_identity

SCRIPT = b"printf '%s BEGIN x\\n' \"$1\"\nprintf 'hello\\n'\nprintf '\\n%s DONE\\n' \"$1\"\nexit 0\n"
PATIENT = Limits(operation_s=10.0, shell_s=20.0, shell_bytes=100_000)


@pytest.fixture(name="identity")
def the_identity(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "identity"
    return path, write_identity(path)


def asset(address: str, host_key: str | None = None, credential: str | None = None) -> Asset:
    return Asset(id="s", kind="server", address=address, system="x", host_key=host_key, credential=credential)


def run(one: Asset, identity: Path | None, limits: Limits = PATIENT, **access: object) -> bytes:
    settings = {"identity_file": identity, "use_agent": False, "limits": limits, **access}
    return Reaches(Access(**settings)).of(one).shell(SCRIPT).whole().text  # type: ignore[arg-type]


def refusal(one: Asset, identity: Path | None, limits: Limits = PATIENT, **access: object) -> Unreachable:
    """The refusal, which must come within the time allowed (and a second for hanging up)."""
    started = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        run(one, identity, limits, **access)
    assert time.monotonic() - started < limits.shell_s + 3.0
    return caught.value


def address_of(server: SshServer) -> str:
    return f"ssh://audit@127.0.0.1:{server.port}"
