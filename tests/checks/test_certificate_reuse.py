"""Keys and wildcards that are shared across the inventory."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from auditor.derive import Placed
from auditor.facts.certificate_variants import CertificateVariant, Variant, VariantKey
from auditor.facts.certificates import (
    CertificateReuse,
    KeyKind,
    KeyShown,
    KeyUse,
)
from auditor.model import Outcome, Reason
from auditor.probe import Seen, Unseen
from checks import (
    certificate_reuse,
)
from checks.derivations.certificate_reuse import certificate_reuse as reuse
from checks.derivations.key_shown import key_shown, variant_key
from tests.checks.certificate_rows import FAIL, PASS, in_full, shown
from tests.checks.test_certificates import NOW


def placed(asset: str, *, key: str = "k", name: str | None = None, names: tuple[str, ...] = ()) -> Placed:
    facts = replace(
        shown(spki_sha256=key), asked_name=name or f"{asset.replace('/', '-')}.example.org", dns_names=names
    )
    return Placed(asset, Seen(key_shown.derive(in_full(facts)), "x:443"))


def shared(*rows: Placed) -> dict[str, CertificateReuse | Unseen]:
    told = {one.asset: one.observation for one in reuse.derive(rows)}
    return {asset: one.facts if isinstance(one, Seen) else one for asset, one in told.items()}  # type: ignore[misc]


def outcomes(*rows: Placed) -> dict[str, tuple[Outcome, Outcome] | None]:
    return {
        asset: (
            (certificate_reuse.key_shared.judge(one).outcome, certificate_reuse.wildcard_spread.judge(one).outcome)
            if isinstance(one, CertificateReuse)
            else None
        )
        for asset, one in shared(*rows).items()
    }


def test_what_waits_for_all_assets_says_what_the_certificate_said() -> None:
    facts = replace(shown(spki_sha256="k"), asked_name="a.example.org", dns_names=("*.Example.org", "a.example.org"))
    told = key_shown.derive(in_full(facts))
    assert isinstance(told, KeyShown)
    kind = facts.leaf.key_kind is KeyKind.RSA
    assert (told.asked_name, told.spki_sha256, told.is_rsa) == ("a.example.org", "k", kind)
    assert (told.wildcards, told.observed_at) == (("*.example.org",), facts.observed_at)
    unread = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=replace(facts, detail=None))
    assert variant_key.derive(unread) == VariantKey(observed_at=NOW, shown=replace(told, spki_sha256=""))
    refused = CertificateVariant(observed_at=NOW, variant=Variant.RSA, seen=None, refusal="alert 40")
    assert variant_key.derive(refused) == VariantKey(observed_at=NOW, shown=None)


BLIND = Unseen(KeyShown, "x:443", Reason.TIMEOUT, "x")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((placed("a/1"),), {"a/1": (PASS, PASS)}),
        ((placed("a/1", key="1"), placed("b/1", key="2")), {"a/1": (PASS, PASS), "b/1": (PASS, PASS)}),
        ((placed("a/1"), placed("b/1")), {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS)}),
        ((placed("a/1"), placed("a/2")), {"a/1": (PASS, PASS), "a/2": (PASS, PASS)}),
        ((placed("a/1", name="n"), placed("b/1", name="n")), {"a/1": (PASS, PASS), "b/1": (PASS, PASS)}),
        (
            (placed("a/1", name="n"), placed("b/1", name="n"), placed("c/1")),
            {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS), "c/1": (FAIL, PASS)},
        ),
        (
            (placed("a/1", name="n"), placed("b/1", name="n"), placed("a/2")),
            {"a/1": (PASS, PASS), "b/1": (FAIL, PASS), "a/2": (FAIL, PASS)},
        ),
        ((placed("a/1", key=""), placed("b/1", key="2")), {"a/1": None, "b/1": (PASS, PASS)}),  # nobody read it
        ((placed("a/1", key=""), placed("a/1"), placed("b/1")), {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS)}),
        (
            tuple(placed(f"{system}/1", key=system, names=("*.example.org",)) for system in "abc"),
            dict.fromkeys(("a/1", "b/1", "c/1"), (PASS, FAIL)),
        ),
        (
            tuple(placed(f"{system}/1", key=system, names=("*.example.org",)) for system in "ab"),
            dict.fromkeys(("a/1", "b/1"), (PASS, PASS)),
        ),
        ((placed("a/1"), Placed("b/1", BLIND)), {"a/1": (PASS, PASS), "b/1": None}),
        ((placed("a/1"), placed("b/1"), Placed("b/1", BLIND)), {"a/1": (FAIL, PASS), "b/1": (FAIL, PASS)}),
        ((), {}),
    ],
)
def test_keys_and_wildcards_across_the_inventory(
    rows: tuple[Placed, ...], told: dict[str, tuple[Outcome, Outcome] | None]
) -> None:
    assert outcomes(*rows) == told


def test_a_large_inventory_is_compared_in_time() -> None:
    rows = tuple(placed(f"s{number}/1", key=f"{number % 900}", names=("*.example.org",)) for number in range(1_000))
    began = time.process_time()
    told = shared(*rows)["s0/1"]
    assert time.process_time() - began < 1.5
    assert isinstance(told, CertificateReuse)
    assert [one.count for one in (*told.keys, *told.wildcards)] == [1, 999]
    assert len(told.wildcards[0].assets) == 10


def test_uses_are_told_by_name() -> None:
    told = shared(placed("a/1"), placed("b/1"))["a/1"]
    assert isinstance(told, CertificateReuse)
    assert told.keys == (KeyUse(what="k", assets=("b/1",), count=1, systems=2),)
