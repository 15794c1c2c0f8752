"""A machine that runs real units: systemd as the first process of its own namespaces, over folders of the test.

It sees this machine's programs and network, but /etc, /opt, /var/lib, /var/log, /run and /tmp are its own. It starts
one unit and is gone with it. Debian package: systemd. Needs root.
"""

from __future__ import annotations

import shlex
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SYSTEMD = Path("/lib/systemd/systemd")
FAILED = 77  # how the machine leaves where the unit counts as failed
OWN = {"etc": "/etc", "opt": "/opt", "lib": "/var/lib", "log": "/var/log"}
ID = 64990  # of the user, and of the group
BOOT = """\
set -e
mount --make-rprivate /
for pair in {pairs}; do mount --bind "${{pair%%:*}}" "${{pair##*:}}"; done
umount -l -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount --make-rshared /
exec env -i container=unshare PATH=/usr/sbin:/usr/bin:/sbin:/bin {systemd} --system --unit={unit} --log-target=console \
    --show-status=no
"""
WRAPPER = """\
#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONHOME=/opt/python PYTHONPATH={path} PYTHONDONTWRITEBYTECODE=1
exec /opt/python/bin/{python} -m auditor "$@"
"""
WATCHED = """\
[Unit]
DefaultDependencies=no
Wants=
After=
SuccessAction=exit-force
FailureAction=exit-force
FailureActionExitStatus={failed}
[Service]
StandardOutput=truncate:/var/log/stdout
StandardError=truncate:/var/log/stderr
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a unit ended. `failed`: systemd counts it as failed."""

    failed: bool
    out: str
    err: str
    log: str  # what systemd said


@dataclass(frozen=True, slots=True)
class Machine:
    """`folder` holds what the machine has for /etc, /opt, /var/lib and /var/log."""

    folder: Path

    def unit(self, name: str, text: str) -> None:
        """Install a unit, or a drop-in (`auditor.service.d/own.conf`)."""
        path = self.folder / "etc" / "systemd" / "system" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def start(self, unit: str, seconds: float = 120) -> Ended:
        """Start the machine with one service, or with what starts it, and wait until the service has ended."""
        script = BOOT.format(pairs=" ".join(map(shlex.quote, self._mounts())), systemd=SYSTEMD, unit=unit)
        apart = ("unshare", "--cgroup", "--pid", "--mount", "--ipc", "--uts", "--fork", "--kill-child")
        with _own_group() as group:
            left = subprocess.run(
                ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh", *apart, "sh", "-c", script),
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        out, err = (self._printed(name) for name in ("stdout", "stderr"))
        return Ended(failed=left.returncode == FAILED, out=out, err=err, log=left.stdout + left.stderr)

    def _mounts(self) -> tuple[str, ...]:
        own = (f"{self.folder / name}:{path}" for name, path in OWN.items())
        return (*own, f"{sys.base_prefix}:/opt/python")

    def _printed(self, name: str) -> str:
        path = self.folder / "log" / name
        return path.read_text() if path.exists() else ""


def machine(folder: Path, service: str) -> Machine:
    """A machine with a user `auditor` and the program at /opt/auditor, which ends when `service` has."""
    shutil.copytree("/etc", folder / "etc", symlinks=True)
    for name in ("opt/python", "opt/auditor/bin", "lib", "log", "etc/auditor"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, line in {"passwd": f"auditor:x:{ID}:{ID}::/var/lib/auditor:/bin/sh", "group": f"auditor:x:{ID}:"}.items():
        with (folder / "etc" / name).open("a") as file:
            file.write(f"{line}\n")
    path = f"{sysconfig.get_path('purelib')}:{ROOT}"
    program = folder / "opt" / "auditor" / "bin" / "auditor"
    program.write_text(WRAPPER.format(path=path, python=f"python{sys.version_info.major}.{sys.version_info.minor}"))
    program.chmod(0o755)
    made = Machine(folder)
    made.unit(f"{service}.d/watched.conf", WATCHED.format(failed=FAILED))
    return made


def why_not() -> str:
    """Why no such machine can be started here; "" if one can."""
    if not SYSTEMD.exists():
        return "systemd is not installed"
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in (ROOT, *ROOT.parents)):
        return f"no other user can read {ROOT}"
    try:
        with _own_group():
            return ""
    except (OSError, StopIteration):
        return "no group of processes can be made here"


@contextmanager
def _own_group() -> Iterator[Path]:
    """A control group for the machine. Raises StopIteration where there is no unified hierarchy."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    root = next(Path(where) for _, where, kind, *_ in mounts if kind == "cgroup2")
    group = Path(tempfile.mkdtemp(prefix="auditor-test-", dir=root))
    try:
        yield group
    finally:
        for folder in sorted(group.rglob("*/"), reverse=True):
            folder.rmdir()
        group.rmdir()
