"""What an account of many buckets costs: `auditor run` finds and judges each, against a stub that answers after 40 ms.

`python -m bench.account [BUCKETS]`: 10,000 unless told. Seconds are of this machine; calls, bytes and verdicts are not.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from auditor.model import Asset
from auditor.observe import observe_with
from auditor.probe import Seen
from auditor.probes.bucket import BucketProbe
from auditor.reach import Access, Reaches, read_connect_to
from auditor.rig.authority import Authority
from auditor.rig.hostile_s3_answers import ACCOUNT
from bench.figures import Figure, at_most, show
from bench.s3 import ENVIRONMENT
from bench.stub_aws import REGION, name_of

BUCKETS = 10_000
MOST_S, MOST_MB, MOST_CALLS = 300, 250, 10
BUCKET = name_of(0)[:10]  # how the names of all buckets begin
MOST_AGAIN = 1.2  # what was under way when it was killed is asked again
FEW = 500  # buckets of the denied account and of the killed run
HOSTS = (
    f"s3.{REGION}.amazonaws.com",
    f"*.s3.{REGION}.amazonaws.com",
    *(f"{name}.{REGION}.amazonaws.com" for name in ("sts", "kms", "ec2", "rds", "s3tables", "s3express-control")),
    f"organizations.{REGION}.amazonaws.com",
    "organizations.us-east-1.amazonaws.com",
    f"{ACCOUNT}.s3-control.{REGION}.amazonaws.com",
    f"{ACCOUNT}.s3-control.us-west-2.amazonaws.com",
)
INVENTORY = f"""
schema: inventory/v1
organisation: {{id: elm, name: City of Elm, timezone: UTC}}
departments: [{{id: it, name: IT}}]
systems:
  - id: cloud
    name: Cloud storage
    department: it
    owner: cloud administrator
    assets:
      - {{id: main, kind: account, account: "{ACCOUNT}", regions: [{REGION}]}}
"""
LISTED = f'      - {{{{id: {{name}}, kind: bucket, name: {{name}}, account: "{ACCOUNT}"}}}}\n'


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Town:
    """A stub, and where the auditor finds it. `requests`: how many it answered, once it has ended."""

    folder: Path
    requests: list[int] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        options = ("--connect-to", str(self.folder / "hosts"), "--ca-file", str(self.folder / "root.pem"))
        out = ("--out", str(self.folder), "--store", f"sqlite:///{self.folder}/store.sqlite")
        return [
            sys.executable,
            "-m",
            "auditor",
            "run",
            str(self.folder / "inventory.yaml"),
            "-q",
            *options,
            *out,
            *words,
        ]

    def run(self, *words: str) -> Ran:
        started = time.perf_counter()
        with (self.folder / "output").open("w") as output:
            child = subprocess.Popen(self.command(*words), stdout=output, stderr=output, env=_environment())
            _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu = used.ru_utime + used.ru_stime
        return Ran(child.returncode, time.perf_counter() - started, cpu, used.ru_maxrss * 1024 / 1e6)

    def killed_after(self, seconds: float) -> None:
        child = subprocess.Popen(
            self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment()
        )
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        child.wait()

    @property
    def outcomes(self) -> Counter[str]:
        """Of the buckets' findings."""
        report = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return Counter(row["outcome"] for row in report["findings"] if BUCKET in row["asset"])

    @property
    def buckets(self) -> int:
        report = json.loads((self.folder / "report.json").read_text(encoding="utf-8"))
        return len({row["asset"] for row in report["findings"] if BUCKET in row["asset"]})


@contextmanager
def town(buckets: int, *, denies: bool = False) -> Iterator[Town]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = Authority.root()
        (folder / "root.pem").write_bytes(root.pem)
        pem = root.leaf(*HOSTS).write(folder / "stub.pem")
        words = [sys.executable, "-m", "bench.stub_aws", str(pem), str(buckets), *(["deny"] if denies else [])]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stub:
            assert stub.stdin
            assert stub.stdout
            try:
                place = _settled(folder, buckets, stub.stdout.readline().strip(), denies=denies)
                yield place
            finally:
                stub.stdin.close()
                counted = stub.stdout.read()
        place.requests.append(int(counted))


def _settled(folder: Path, buckets: int, port: str, *, denies: bool) -> Town:
    """The files that a run needs. Nobody finds what may not be listed, so it is declared there."""
    names = [host for host in HOSTS if not host.startswith("*")]
    names += [f"{name_of(number)}.s3.{REGION}.amazonaws.com" for number in range(buckets)]
    (folder / "hosts").write_text("".join(f"{host}:443 127.0.0.1:{port}\n" for host in names))
    rows = (LISTED.format(name=name_of(number)) for number in range(buckets if denies else 0))
    (folder / "inventory.yaml").write_text(INVENTORY + "".join(rows))
    return Town(folder)


def figures(buckets: int) -> Iterator[Figure]:
    yield from _calls()
    with town(buckets) as place:
        ran = place.run()
        seen = place.buckets
        if seen != buckets:
            raise RuntimeError(
                f"{seen} of {buckets} buckets were judged: {(place.folder / 'output').read_text()[-2000:]}"
            )
    yield at_most(f"account of {buckets} buckets: wall", ran.wall_s, MOST_S, " s")
    yield at_most(f"account of {buckets} buckets: peak memory", ran.peak_mb, MOST_MB, " MB")
    yield Figure(f"account of {buckets} buckets: CPU", f"{ran.cpu_s:.0f} s, {ran.cpu_s / buckets * 1000:.0f} ms each")
    yield from _denied()
    yield from _resumed()


def count() -> tuple[int, int]:
    """Exchanges of one usual bucket once its account is known, and those for all buckets of an account."""
    with town(2) as place, patch.dict(os.environ, {**ENVIRONMENT, "AWS_DEFAULT_REGION": REGION}):
        os.environ.pop("AWS_PROFILE", None)
        folder = place.folder
        reaches = Reaches(Access(connect_to=read_connect_to(folder / "hosts"), ca_file=folder / "root.pem"))
        wire, costs = reaches.storage().wire, []
        for number in range(2):
            address = f"s3://{name_of(number)}"
            asset = Asset(id=name_of(number), kind="bucket", address=address, system="bench", account=ACCOUNT)
            before = wire.exchanges
            if not all(isinstance(one, Seen) for one in observe_with(BucketProbe(), asset, reaches.of(asset))):
                raise RuntimeError(f"{address} was not seen whole")
            costs.append(wire.exchanges - before)
    return costs[1], costs[0] - costs[1]


def _calls() -> Iterator[Figure]:
    of_bucket, of_account = count()
    yield at_most("usual bucket of AWS: calls", of_bucket, MOST_CALLS)
    yield Figure("account of AWS: calls for all its buckets", f"{of_account}")


def _denied() -> Iterator[Figure]:
    with town(FEW, denies=True) as place:
        ran = place.run()
        outcomes, seen = place.outcomes, place.buckets
    yield at_most(f"{FEW} buckets, all reads denied: passes", outcomes["pass"], 0)
    yield at_most(f"{FEW} buckets, all reads denied: missing buckets", FEW - seen, 0)
    yield Figure(f"{FEW} buckets, all reads denied: exit code", str(ran.code), "3", met=ran.code == 3)


def _resumed() -> Iterator[Figure]:
    with town(FEW) as undisturbed:
        whole = undisturbed.run()
    with town(FEW) as killed:
        killed.killed_after(whole.wall_s * 0.6)
        killed.run("--resume")
        seen = killed.buckets
    yield at_most(f"{FEW} buckets, killed and resumed: missing buckets", FEW - seen, 0)
    again = killed.requests[0] / undisturbed.requests[0]
    yield at_most(f"{FEW} buckets, killed and resumed: requests, of those of one run", again, MOST_AGAIN, digits=2)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **ENVIRONMENT, "AWS_DEFAULT_REGION": REGION}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    sys.exit(show(figures(numbers[0] if numbers else BUCKETS)))
