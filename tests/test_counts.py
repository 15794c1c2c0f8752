"""What one look costs the one who is looked at: connections, execs and calls, counted by the other side."""

from __future__ import annotations

import pytest

from auditor.model import Asset
from auditor.probes.tls import TlsProbe
from bench import account, modern_host, s3, ssh, tls_versions


def test_a_modern_host_is_asked_no_more_than_was_promised() -> None:
    with modern_host.modern_host() as rig:
        cost = modern_host.count(rig)
    assert 0 < cost.promised <= modern_host.MOST_CONNECTIONS == 12
    assert 0 < cost.hellos <= modern_host.MOST_HELLOS == 32
    assert cost == modern_host.Cost(versions=8, certificate=2, others=4, plain_http=1, hellos=28)


@pytest.mark.parametrize("kind", tls_versions.HOSTS)
def test_no_kind_of_host_takes_more_connections_than_were_planned(kind: str) -> None:
    asset = Asset(id="a", kind="web", address="https://host.example/", system="s")
    assert any(f"up to {tls_versions.PLANNED} " in line for line in TlsProbe().plan(asset))
    assert 0 < tls_versions.count(tls_versions.HOSTS[kind]).connections <= tls_versions.PLANNED


def test_a_server_takes_one_connection_one_key_and_one_exec() -> None:
    assert set(ssh.count(4)) == {ssh.Cost(connections=1, keys_offered=1, execs=1)}


def test_a_usual_bucket_takes_ten_calls() -> None:
    of_bucket, _ = account.count()
    assert 0 < of_bucket <= account.MOST_CALLS == 10


def test_a_bucket_of_a_compatible_server_takes_at_most_fourteen_calls() -> None:
    """It is asked what AWS makes moot: lists beside an ownership that would turn them off, and each block."""
    costs, _ = s3.count()
    assert {cost.bucket for cost in costs} == {seed.name for seed in s3.SEEDS}
    assert all(0 < cost.calls <= s3.MOST_CALLS == 14 for cost in costs)
