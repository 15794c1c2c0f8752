"""Counts the API calls per bucket against a moto server: at most 10. Run: python -m bench.s3 [BUCKETS]."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time

from auditor.model import Asset
from auditor.probe import Seen
from auditor.probes.bucket import BucketProbe
from auditor.reach import Access, Reaches
from auditor.rig.s3 import ACCESS_KEY, SECRET_KEY, BucketSeed, public_read_statement, s3_server

REACH = 10


def seeds(count: int) -> list[BucketSeed]:
    """A third each: today's defaults, lists active (one call more), nothing configured."""
    made = []
    for number in range(count):
        name = f"bench-{number:05d}"
        made.append(
            (
                BucketSeed(name=name),
                BucketSeed(name=name, ownership="ObjectWriter", statements=(public_read_statement(name),)),
                BucketSeed(name=name, algorithm=None, ownership=None, blocks=None, tls_only=False),
            )[number % 3]
        )
    return made


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as empty:
        os.environ.update(AWS_ACCESS_KEY_ID=ACCESS_KEY, AWS_SECRET_ACCESS_KEY=SECRET_KEY)
        os.environ.update(AWS_CONFIG_FILE=f"{empty}/none", AWS_SHARED_CREDENTIALS_FILE=f"{empty}/none")
        return measure(count)


def measure(count: int) -> int:
    calls: list[int] = []
    planted = seeds(count)
    with s3_server(planted) as url:
        reaches = Reaches(Access(endpoint_url=url))
        wire = reaches.storage().wire
        began, cpu = time.monotonic(), time.process_time()
        for seed in planted:
            asset = Asset(id=seed.name, kind="bucket", address=f"s3://{seed.name}", system="bench")
            before = wire.exchanges
            said = list(BucketProbe().observe(asset, reaches.of(asset)))
            assert all(isinstance(one, Seen) for one in said), said
            calls.append(wire.exchanges - before)
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    worst, mean = max(calls), sum(calls) / len(calls)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"buckets {count} · calls per bucket: worst {worst}, mean {mean:.1f} (reach: {REACH})")
    print(f"with moto in the same process: {seconds:.1f} s, {cpu:.1f} s CPU, {megabytes:.0f} MB RSS")
    return 0 if worst <= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
