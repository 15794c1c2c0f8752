"""Starts Ceph with its S3 gateway on loopback, for tests: one monitor, one disk in memory, no password between them.

The programs come from Debian's packages, unpacked into a folder (`make ceph`): nothing is installed and nothing needs
root. Everything that the cluster writes lies in the folder of the test.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from auditor.rig.authority import Authority
from tests.rig.shared import serve_guests, shared_by_all

UNPACKED = Path(__file__).parents[2] / "build" / "ceph" / "root"
HOST = "ceph.example"
DATA_POOL = "default.rgw.buckets.data"
CLUSTER, DISK = "5f2c1f0e-6a1b-4f0e-9d6e-000000000001", "7a2c1f0e-6a1b-4f0e-9d6e-000000000002"
START_S = 120.0
STOP_S = 20.0
ACCESS_KEY, SECRET_KEY = "OWNEREXAMPLE00000000", "an-example-and-no-secret"
STRANGER_KEY, STRANGER_SECRET = "STRANGEREXAMPLE00000", "another-example-and-no-secret"

SETTINGS = """[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon}/0
ms bind ipv6 = false
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 10000
mon osd min in ratio = 0
mon osd prime pg temp = false
paxos propose interval = 0.05
paxos min wait = 0.01
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 268435456
osd class dir = {lib}/rados-classes
osd class load list = *
osd class default list = *
osd op num shards = 1
osd max backfills = 1
erasure code dir = {lib}/ceph/erasure-code
plugin dir = {lib}/ceph
crypto plugin = crypto_openssl
run dir = {folder}
admin socket =
log file = {folder}/$name.log
mon cluster log file = {folder}/cluster.log
mon data = {folder}/mon
osd data = {folder}/osd
debug ms = 0
rgw frontends = beast endpoint=127.0.0.1:{plain} ssl_endpoint=127.0.0.1:{tls} ssl_certificate={folder}/gateway.pem
rgw rados pool pg num min = 1
rgw thread pool size = 16
rgw enable ops log = false
rgw enable usage log = false
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw run sync thread = false
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = city=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
"""


@dataclass(frozen=True, slots=True)
class Ceph:
    """A running gateway: two ports of one name, `HOST`. `roots`: what the certificate of the second hangs on."""

    plain_port: int
    tls_port: int
    folder: Path

    @property
    def roots(self) -> Path:
        return self.folder / "roots.pem"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plain_port}"

    def at_rest(self, key: str) -> bytes:
        """The bytes that lie on the disk for the stored object whose key this is."""
        names = _run(self.folder, "rados", "-p", DATA_POOL, "ls").decode().splitlines()
        name = next(name for name in names if name.endswith(f"_{key}"))
        return _run(self.folder, "rados", "-p", DATA_POOL, "get", name, "-")


@contextmanager
def shared_ceph(folder: Path) -> Iterator[Ceph]:
    """One gateway for all processes that ask with the same folder at the same time. It ends after the last of them."""
    with shared_by_all(folder, "tests.rig.ceph", str(folder)) as (plain, tls, home):
        yield Ceph(int(plain), int(tls), Path(home))


@contextmanager
def start_ceph(folder: Path) -> Iterator[Ceph]:
    """Run it until the end of the block."""
    if not (UNPACKED / "usr/bin/radosgw").exists():
        raise RuntimeError("Ceph's programs are not there: make ceph")
    plain, tls, mon = _free_ports(3)
    lib = UNPACKED / "usr/lib/x86_64-linux-gnu"
    settings = SETTINGS.format(fsid=CLUSTER, folder=folder, lib=lib, mon=mon, plain=plain, tls=tls)
    (folder / "ceph.conf").write_text(settings)
    (folder / "osd").mkdir()
    _write_papers(folder)
    with ExitStack() as stack:
        _make_monitor(folder, mon)
        stack.enter_context(_running(folder, "ceph-mon", "-f", "-i", "a", "--public-addr", f"v2:127.0.0.1:{mon}/0"))
        _make_disk(folder)
        stack.enter_context(_running(folder, "ceph-osd", "-f", "-i", "0"))
        stack.enter_context(_running(folder, "radosgw", "-f", "-n", "client.rgw"))
        _make_user(folder, "owner", ACCESS_KEY, SECRET_KEY)
        _make_user(folder, "stranger", STRANGER_KEY, STRANGER_SECRET)
        _await(plain, folder)
        yield Ceph(plain, tls, folder)


def _write_papers(folder: Path) -> None:
    root = Authority.root("Rig Root")
    root.leaf(HOST).write(folder / "gateway.pem")
    (folder / "roots.pem").write_bytes(root.pem)


def _make_monitor(folder: Path, port: int) -> None:
    there = ("--addv", "a", f"[v2:127.0.0.1:{port}]")
    _run(folder, "monmaptool", "--create", "--fsid", CLUSTER, "--enable-all-features", *there, f"{folder}/monmap")
    _run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", f"{folder}/monmap")


def _make_disk(folder: Path) -> None:
    _run(folder, "ceph", "osd", "new", DISK, "0")
    _run(folder, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", DISK)


def _make_user(folder: Path, name: str, access_key: str, secret_key: str) -> None:
    keys = ("--access-key", access_key, "--secret-key", secret_key)
    _run(folder, "radosgw-admin", "user", "create", "--uid", name, "--display-name", name, *keys)


def _run(folder: Path, program: str, *arguments: str) -> bytes:
    left = subprocess.run(
        [UNPACKED / "usr/bin" / program, *arguments],
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=START_S,
        check=False,
    )
    if left.returncode:
        raise RuntimeError(f"{program} failed: {left.stderr.decode(errors='replace')[-2_000:]}")
    return left.stdout


@contextmanager
def _running(folder: Path, program: str, *arguments: str) -> Iterator[None]:
    with (folder / f"{program}.output").open("wb") as output:
        process = subprocess.Popen(
            [UNPACKED / "usr/bin" / program, *arguments],
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        process.kill()  # what it has in memory is nobody's
        process.wait(STOP_S)


def _environment(folder: Path) -> Mapping[str, str]:
    lib = UNPACKED / "usr/lib"
    libraries = (
        UNPACKED / "lib/x86_64-linux-gnu",
        lib / "x86_64-linux-gnu",
        lib / "x86_64-linux-gnu/ceph",
        lib / "ceph",
    )
    return {
        "PATH": f"{UNPACKED}/usr/bin:/usr/bin:/bin",
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "PYTHONPATH": str(lib / "python3/dist-packages"),
        "CEPH_CONF": str(folder / "ceph.conf"),
        "HOME": str(folder),
    }


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _await(port: int, folder: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=START_S):
            return
        time.sleep(0.05)
    raise RuntimeError(f"Ceph's gateway does not answer: {(folder / 'radosgw.output').read_text(errors='replace')}")


def _main(folder: Path) -> None:
    """Each start has a folder of its own: the first gateway may have ended before somebody asked for one again."""
    home = Path(tempfile.mkdtemp(dir=folder))
    with start_ceph(home) as started:
        serve_guests(folder, str(started.plain_port), str(started.tls_port), str(home))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
