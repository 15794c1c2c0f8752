"""The disk checks: what each says of what lies below mounts and swap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from auditor.check import Check
from auditor.facts.at_rest import AtRest, Confidence, DataAtRest, PartlyPlainMounts, PlainMounts, Resting, SwapAtRest
from auditor.model import Outcome, Severity, Verdict
from checks.disks import CHECKS, disk_partly_plain, disk_plain, swap_plain
from tests.derivations.block_graphs import NOW

PASS, FAIL, NOT_APPLICABLE = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE


def at(place: str, state: AtRest, **others: object) -> Resting:
    settings: dict[str, object] = {
        "chain": "/srv/records <- vdb1 <- vdb",
        "is_settled": state is not AtRest.UNKNOWN,
        **others,
    }
    return Resting(place=place, state=state, **settings)  # type: ignore[arg-type]


ENCRYPTED = at("mount /", AtRest.ENCRYPTED, chain="/ <- LUKS2 root <- vda3 <- vda", confidence=Confidence.LAYER_ONLY)
PLAIN = at("mount /srv/records", AtRest.PLAIN)
PARTLY = at("mount /srv/span", AtRest.PARTLY_PLAIN)
BOOT = at("mount /boot", AtRest.EXEMPT, why="it is read before any key is there")
LOST = at("mount /x", AtRest.UNKNOWN, why="device 8:1 was not seen")
MEMORY = at("mount /", AtRest.MEMORY, chain="tmpfs", why="it lies in memory")


@pytest.mark.parametrize(
    ("check", "facts", "places", "expected"),
    [
        (disk_plain, PlainMounts, (ENCRYPTED, BOOT), PASS),
        (disk_plain, PlainMounts, (ENCRYPTED, PLAIN), FAIL),
        (disk_plain, PlainMounts, (PLAIN,), FAIL),
        (disk_plain, PlainMounts, (PLAIN, LOST), FAIL),
        (disk_plain, PlainMounts, (PARTLY,), PASS),  # the next check's fault
        (disk_plain, PlainMounts, (MEMORY, BOOT), NOT_APPLICABLE),
        (disk_partly_plain, PartlyPlainMounts, (ENCRYPTED, BOOT), PASS),
        (disk_partly_plain, PartlyPlainMounts, (ENCRYPTED, PARTLY), FAIL),
        (disk_partly_plain, PartlyPlainMounts, (PARTLY, LOST), FAIL),
        (disk_partly_plain, PartlyPlainMounts, (PLAIN,), PASS),  # the former check's fault
        (disk_partly_plain, PartlyPlainMounts, (BOOT,), NOT_APPLICABLE),
        (swap_plain, SwapAtRest, (), PASS),
        (swap_plain, SwapAtRest, (at("swap /dev/dm-1", AtRest.ENCRYPTED),), PASS),
        (swap_plain, SwapAtRest, (at("swap /dev/zram0", AtRest.MEMORY),), PASS),
        (swap_plain, SwapAtRest, (at("swap /dev/vda2", AtRest.PLAIN),), FAIL),
        (swap_plain, SwapAtRest, (at("swap /s", AtRest.PARTLY_PLAIN),), FAIL),
        (swap_plain, SwapAtRest, (at("swap /a", AtRest.ENCRYPTED), at("swap /b", AtRest.PLAIN)), FAIL),
        (swap_plain, SwapAtRest, (at("swap /a", AtRest.UNKNOWN), at("swap /b", AtRest.PLAIN)), FAIL),
    ],
)
def test_what_each_check_says(
    check: Check[DataAtRest], facts: type[DataAtRest], places: tuple[Resting, ...], expected: Outcome
) -> None:
    assert check.judge(facts(observed_at=NOW, places=places)).outcome is expected


def test_a_failure_shows_the_failing_places_only_with_their_chain() -> None:
    (row,) = disk_plain.judge(PlainMounts(observed_at=NOW, places=(ENCRYPTED, PLAIN, BOOT))).evidence
    assert (row.looked_at, row.seen) == ("mount /srv/records", "plain: /srv/records <- vdb1 <- vdb")
    assert "LUKS" in row.wanted


def test_a_pass_says_that_the_cipher_was_not_read_and_shows_the_exempt_ones() -> None:
    verdict = disk_plain.judge(PlainMounts(observed_at=NOW, places=(ENCRYPTED, BOOT)))
    assert "cipher was not read" in verdict.summary
    assert [row.looked_at for row in verdict.evidence] == ["mount /", "mount /boot"]


@pytest.mark.parametrize("count", [20, 21, 4096])
def test_a_host_with_thousands_of_mounts_makes_a_short_finding(count: int) -> None:
    places = tuple(at(f"mount /m{n}", AtRest.PLAIN) for n in range(count))
    verdict = disk_plain.judge(PlainMounts(observed_at=NOW, places=places))
    assert len(verdict.evidence) == min(count, 21)
    assert str(count) in verdict.summary


def test_text_from_a_target_stays_text() -> None:
    hostile = at("mount /<script>\x1b[2J\n=1+1", AtRest.PLAIN, chain="/ <- \u202e")
    verdict: Verdict = disk_plain.judge(PlainMounts(observed_at=NOW, places=(hostile,)))
    assert verdict.evidence[0].looked_at == hostile.place


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_all_but_one_are_of_high_severity(check: Check[DataAtRest]) -> None:
    """The design calibrates "no disk encryption" as high: C, with confidential data D."""
    assert check.severity is (Severity.MEDIUM if check.id == "disk-forgotten-plain" else Severity.HIGH)


@pytest.mark.parametrize("make", [PlainMounts, PartlyPlainMounts])
def test_an_unsettled_mount_reaches_no_check_without_a_proven_fault(make: Callable[..., DataAtRest]) -> None:
    with pytest.raises(ValueError, match="not settled"):
        make(observed_at=NOW, places=(ENCRYPTED, LOST))
