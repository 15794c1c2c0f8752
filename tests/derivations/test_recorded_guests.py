"""Four real guests: what the checks say of each is what its builder made, seen by a plain user and by root's helper."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from auditor.check import Check
from auditor.derive import LocusDerivation, Undecided
from auditor.facts.at_rest import AtRest, Confidence
from auditor.facts.base import Facts
from auditor.facts.linux_server import LinuxServer
from auditor.facts.privileged_disks import PrivilegedDisks
from auditor.model import Evidence, Outcome, Severity, Tier
from auditor.rig.ssh_replay import RECORDINGS
from checks import disk_ciphers, disk_keys, disk_layers, disks, network_mounts, places, server_facts
from checks.derivations import (
    data_at_rest,
    forgotten_disks,
    hibernation,
    places_at_rest,
)
from checks.derivations import disk_ciphers as ciphers_derived
from checks.derivations import disk_keys as keys_derived
from checks.derivations import disk_layers as layers_derived
from checks.derivations import linux_server as server_derived
from checks.derivations import (
    network_mounts as mounts_derived,
)
from checks.derivations.block_walk import BlockMap
from tests.derivations.recorded import TRUTH, recorded, truth

MODULES = (disk_ciphers, disk_keys, disk_layers, disks, network_mounts, places, server_facts)
CHECKS: tuple[Check[Facts], ...] = tuple(check for module in MODULES for check in module.CHECKS)  # type: ignore[misc]
DERIVED = (
    data_at_rest,
    forgotten_disks,
    hibernation,
    server_derived,
    mounts_derived,
    places_at_rest,
    layers_derived,
    ciphers_derived,
    keys_derived,
)
DERIVATIONS: dict[type[Facts], LocusDerivation] = {
    one.yields: one for module in DERIVED for one in module.DERIVATIONS if isinstance(one, LocusDerivation)
}


def outcome(check: Check[Facts], seen: LinuxServer) -> tuple[Outcome, tuple[Evidence, ...]]:
    derivation = DERIVATIONS[check.reads]
    inputs: dict[type[Facts], Facts | None] = {LinuxServer: seen, PrivilegedDisks: seen.privileged}
    arguments = [facts for kind in derivation.reads if (facts := inputs[kind]) is not None]
    try:
        verdict = check.judge(derivation.derive(*arguments))
    except Undecided:
        return Outcome.UNKNOWN, ()
    return verdict.outcome, verdict.evidence


def outcomes(seen: LinuxServer) -> dict[str, str]:
    asked = [check for check in CHECKS if seen.privileged or check.tier is not Tier.PRIVILEGED]
    return {check.id: outcome(check, seen)[0].value for check in asked}


def those(found: dict[str, str], word: str) -> set[str]:
    return {name for name, said in found.items() if said == word}


@pytest.mark.parametrize("guest", RECORDINGS)
def test_a_guest_fails_if_it_was_built_to(guest: str) -> None:
    grave = {check.id for check in CHECKS if check.severity >= Severity.HIGH}
    found = outcomes(recorded(guest))
    assert ("fail" if those(found, "fail") & grave else "pass") == truth(guest, "verdict")


@pytest.mark.parametrize(
    ("guest", "failed"),
    [
        ("luks", set()),
        ("plain", {"disk-plain", "swap-plain", "temporary-files-plain"}),
        ("plainswap", {"swap-plain"}),
        (
            "zoo",
            {
                "disk-plain",
                "disk-partly-plain",
                "swap-plain",
                "disk-forgotten-plain",
                "disk-luks1",
                "temporary-files-plain",
            },
        ),
    ],
)
def test_a_plain_user_sees_these_faults_and_no_others(guest: str, failed: set[str]) -> None:
    found = outcomes(recorded(guest))
    assert those(found, "fail") == failed
    # Where everything is encrypted, so is whatever nobody told the place of; where not, it stays open.
    untold = {"backup-plain", "database-plain", "crash-dump-plain"}
    assert those(found, "unknown") <= (untold if "disk-plain" in failed else set())


def test_root_sees_what_the_zoo_was_built_as() -> None:
    """As its builder says: a null cipher, a weak volume with its key on the plain root, an AEAD one, a locked one."""
    found = outcomes(recorded("zoo", as_root=True))
    assert those(found, "fail") == {
        "disk-plain",
        "disk-partly-plain",
        "swap-plain",
        "disk-forgotten-plain",
        "disk-luks1",
        "temporary-files-plain",
        "disk-null-cipher",
        "disk-cbc-cipher",
        "disk-kdf-weak",
        "disk-key-beside-lock",
        "disk-no-recovery-key",
    }


def _as_state(text: str) -> AtRest:
    """The builder's own words: "luks2 (lv)", "plain (null cipher)", "partly plain (…)"."""
    words = {"partly": AtRest.PARTLY_PLAIN, "plain": AtRest.PLAIN}
    return words.get(text.split(maxsplit=1)[0], AtRest.ENCRYPTED)


def test_root_settles_every_mount_and_swap_of_the_zoo() -> None:
    seen = recorded("zoo", as_root=True)
    devices = BlockMap(seen.graph, seen.privileged)
    found = (*data_at_rest.mounted(seen.graph, devices), *data_at_rest.swapped(seen.graph, devices))
    rows = {row.place: row for row in found}
    built = {place: text for place, text in TRUTH["zoo"].items() if isinstance(text, str) and place.startswith("/srv/")}
    expected = {f"mount {place}": _as_state(text) for place, text in built.items()}
    expected |= {"mount /": AtRest.PLAIN, "swap /swapfile": AtRest.PLAIN, "swap /dev/dm-1": AtRest.ENCRYPTED}
    assert {place: row.state for place, row in rows.items()} == expected
    sure = {row.confidence for row in rows.values() if row.state is AtRest.ENCRYPTED}
    assert sure == {Confidence.CIPHER_VERIFIED}
    assert rows["mount /srv/null"].chain == "/srv/null <- LUKS2 nullc (cipher_null-ecb) <- vdb2 <- vdb"
    assert rows["mount /srv/aead"].chain == (
        "/srv/aead <- LUKS2 aead (capi:authenc(hmac(sha256),xts(aes))-plain64) <- INTEGRITY aead_dif <- vdb12 <- vdb"
    )


def _names(rows: Iterable[Evidence]) -> set[str]:
    return {row.looked_at for row in rows}


def test_the_evidence_names_what_the_builder_names() -> None:
    seen = recorded("zoo", as_root=True)
    by_id = {check.id: outcome(check, seen)[1] for check in CHECKS}
    assert _names(by_id["disk-forgotten-plain"]) == {"unmounted vdb13"}
    assert _names(by_id["disk-null-cipher"]) == {"volume nullc (mount /srv/null)"}
    assert _names(by_id["disk-cbc-cipher"]) == {"volume weak (mount /srv/weak)"}
    assert _names(by_id["disk-kdf-weak"]) == {"vdb8, slot 0"}  # the others are opened by a key file
    assert "key of weak" in _names(by_id["disk-key-beside-lock"])
    assert _names(by_id["disk-luks1"]) == {"mount /srv/weak"}


@pytest.mark.parametrize("guest", RECORDINGS)
def test_no_guest_passes_more_with_less(guest: str) -> None:
    """Without root's word, without settings, without udev: what then passes passed before."""
    whole = recorded(guest, as_root=guest == "zoo")
    best = outcomes(whole)
    for less in (
        LinuxServer(observed_at=whole.observed_at, graph=whole.graph, settings=whole.settings),
        LinuxServer(observed_at=whole.observed_at, graph=whole.graph),
    ):
        found = outcomes(less)
        assert {name for name in those(found, "pass") if best[name] != "pass"} == set()
