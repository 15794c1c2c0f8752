"""What one look at a bucket costs: API calls and connections, on an S3 server of the rig (moto)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

from auditor.model import Asset
from auditor.observe import observe_with
from auditor.probe import Seen
from auditor.probes.bucket import BucketProbe
from auditor.reach import Access, Reaches
from auditor.rig.s3 import ACCESS_KEY, KEY_ID, REGION, SECRET_KEY, BucketSeed, s3_server
from bench.figures import Figure, at_most, show

MOST_CALLS = 14  # of a compatible server, which is asked what AWS makes moot; AWS's own stands in bench/account.py
SEEDS = (
    BucketSeed(name="new-defaults"),
    BucketSeed(name="customer-key", algorithm="aws:kms", key_id=KEY_ID, tags={"data": "restricted"}),
    # Its lists count, so that they are read too.
    BucketSeed(name="old", algorithm=None, ownership=None, blocks=None, tls_only=False, public_permissions=("READ",)),
)
# Credentials of the embedded server, and no file of whoever runs this.
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one bucket. `calls`: requests on the wire, retries and redirects included."""

    bucket: str
    calls: int


def figures() -> Iterator[Figure]:
    started, cpu = time.perf_counter(), time.process_time()
    costs, connections = count()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    for cost in costs:
        yield at_most(f"bucket {cost.bucket}: calls", cost.calls, MOST_CALLS)
    yield Figure(f"buckets: connections for all {len(costs)}", str(connections))
    each = f"{wall / len(costs) * 1000:.0f} ms, {cpu / len(costs) * 1000:.0f} ms CPU"
    yield Figure("bucket: one look, the server's and the SDK's start included", each)


def count() -> tuple[list[Cost], int]:
    """Look once at each bucket of one run; then the connections of all. Raises RuntimeError for one not seen whole."""
    costs = []
    with patch.dict(os.environ, ENVIRONMENT), s3_server(SEEDS) as url:
        os.environ.pop("AWS_PROFILE", None)
        reaches = Reaches(Access(endpoint_url=url))
        wire = reaches.storage().wire
        for seed in SEEDS:
            before = wire.exchanges
            asset = Asset(id=seed.name, kind="bucket", address=f"s3://{seed.name}", system="bench")
            said = observe_with(BucketProbe(), asset, reaches.of(asset))
            if not all(isinstance(one, Seen) for one in said):
                raise RuntimeError(f"{seed.name} was not seen whole: {said}")
            costs.append(Cost(seed.name, wire.exchanges - before))
        return costs, wire.connections


if __name__ == "__main__":
    sys.exit(show(figures()))
