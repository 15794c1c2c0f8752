"""The table of the walk: what only root sees, swap and memory, and what is exempt or elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.derive import Undecided
from auditor.facts.at_rest import AtRest, Confidence
from auditor.facts.privileged_disks import (
    DriveLocking,
    Keyslot,
    LuksHeader,
    MappingTable,
    MappingTarget,
    Segment,
    Token,
)
from auditor.facts.server import Swap
from auditor.model import Outcome
from checks.derivations.data_at_rest import plain_mounts, swap_at_rest
from checks.derivations.disk_ciphers import disk_ciphers, disk_key_sizes
from checks.derivations.disk_keys import luks_headers
from checks.derivations.disk_layers import disk_layers
from checks.disk_ciphers import disk_cbc_cipher, disk_null_cipher, disk_short_key, disk_weak_cipher
from checks.disk_keys import disk_kdf_weak, disk_no_recovery_key, disk_reencryption_unfinished
from checks.disk_layers import disk_hardware_only, disk_luks1
from checks.disks import disk_plain, swap_plain
from tests.derivations.block_graphs import graph, luks, lvm, on, over, part, server
from tests.derivations.walk_table_rig import (
    ENCRYPTED,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    PLAIN,
    SDA,
    TWO,
    UNKNOWN,
    root_saw,
    verdict,
    walked,
)

XTS = "aes-xts-plain64"


def rooted(name: str, cipher: str = XTS, bits: int | None = 512, kind: str = "crypt") -> MappingTable:
    is_crypt = kind == "crypt"
    target = MappingTarget(kind=kind, cipher=cipher if is_crypt else "", key_bits=bits if is_crypt else None)
    return MappingTable(name=name, targets=(target,))


# --- what only root sees ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "table", "expected", "is_null"),
    [
        (0, None, ENCRYPTED, None),
        (1, None, UNKNOWN, None),
        (None, None, UNKNOWN, None),
        (1, rooted("cryptdm-0", "cipher_null-ecb", 0), PLAIN, FAIL),
        (0, rooted("cryptdm-0", "cipher_null-ecb", 0), PLAIN, FAIL),
        (1, rooted("cryptdm-0"), ENCRYPTED, PASS),
        (None, rooted("cryptdm-0"), ENCRYPTED, PASS),
        (1, rooted("another"), UNKNOWN, PASS),
        (0, rooted("cryptdm-0", kind="linear"), UNKNOWN, NOT_APPLICABLE),
    ],
)
def test_null_cipher(users: int | None, table: MappingTable | None, expected: AtRest, is_null: Outcome | None) -> None:
    one = graph([SDA, luks("dm-0", "sda")], [on("dm-0")], null_cipher_users=users)
    root = root_saw(table) if table else None
    assert walked(one, root)["mount /"].state is expected
    if root:
        assert verdict(disk_null_cipher, disk_ciphers, server(one, None, root), root=True) is is_null


@pytest.mark.parametrize(("kind", "expected"), [("crypt", ENCRYPTED), ("linear", PLAIN), ("snapshot", UNKNOWN)])
def test_veracrypt_is_known_by_roots_table(kind: str, expected: AtRest) -> None:
    one = graph([over("dm-0", "sda", mapping="veracrypt1"), SDA], [on("dm-0")])
    assert walked(one, root_saw(rooted("veracrypt1", kind=kind)))["mount /"].state is expected


def test_confidence_is_that_of_the_weakest_layer() -> None:
    one = graph([lvm("dm-2", "dm-0", "dm-1"), luks("dm-0", "sda"), luks("dm-1", "sdb"), *TWO], [on("dm-2")])
    both, half = root_saw(rooted("cryptdm-0"), rooted("cryptdm-1")), root_saw(rooted("cryptdm-0"))
    said = [walked(one, root)["mount /"].confidence for root in (None, half, both)]
    assert said == [Confidence.LAYER_ONLY, Confidence.LAYER_ONLY, Confidence.CIPHER_VERIFIED]


def test_luks1_cbc_and_a_cheap_passphrase() -> None:
    slot = Keyslot(number=0, kdf="pbkdf2", hash="sha1", cost=1000, key_bits=128)
    header = LuksHeader(device="sda", version=1, uuid="0123", slots=(slot,))
    root = root_saw(rooted("cryptdm-0", "aes-cbc-essiv:sha256", 128), headers=(header,))
    seen = server(graph([SDA, luks("dm-0", "sda", kind="LUKS1")], [on("dm-0")]), None, root)
    assert verdict(disk_plain, plain_mounts, seen) is PASS
    assert verdict(disk_luks1, disk_layers, seen) is FAIL
    assert verdict(disk_cbc_cipher, disk_ciphers, seen, root=True) is FAIL
    assert verdict(disk_weak_cipher, disk_ciphers, seen, root=True) is PASS
    assert verdict(disk_kdf_weak, luks_headers, seen, root=True) is FAIL


@pytest.mark.parametrize(
    ("cipher", "bits", "expected"), [(XTS, 512, PASS), (XTS, 256, PASS), (XTS, 128, FAIL), (XTS, None, Outcome.UNKNOWN)]
)
def test_xts_splits_its_key(cipher: str, bits: int | None, expected: Outcome) -> None:
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(rooted("cryptdm-0", cipher, bits)))
    assert verdict(disk_short_key, disk_key_sizes, seen, root=True) is expected


@pytest.mark.parametrize(
    ("cipher", "bits", "weak", "short"),
    [
        (XTS, 512, PASS, PASS),
        (XTS, 128, PASS, FAIL),
        ("aes-ecb", 256, FAIL, PASS),
        ("cipher_null-ecb", 256, PASS, PASS),
    ],
)
def test_a_locked_volume_is_judged_by_its_header(cipher: str, bits: int, weak: Outcome, short: Outcome) -> None:
    slot = Keyslot(number=0, kdf="argon2id", memory_kib=1048576, key_bits=bits)
    locked = LuksHeader(
        device="sdb", version=2, uuid="4567", segments=(Segment(kind="crypt", cipher=cipher),), slots=(slot,)
    )
    root = root_saw(rooted("cryptdm-0"), headers=(locked,))
    seen = server(graph([*TWO, luks("dm-0", "sda")], [on("dm-0")]), None, root)
    assert verdict(disk_weak_cipher, disk_ciphers, seen, root=True) is weak
    assert verdict(disk_short_key, disk_key_sizes, seen, root=True) is short
    assert (verdict(disk_null_cipher, disk_ciphers, seen, root=True) is FAIL) is (cipher == "cipher_null-ecb")


@pytest.mark.parametrize(
    ("drive", "expected"),
    [
        (None, FAIL),
        (
            DriveLocking(device="sda", is_enabled=False, encrypts=True),
            FAIL,
        ),  # it encrypts, and gives the key to anybody
        (DriveLocking(device="sda", is_enabled=True, encrypts=False), FAIL),  # it locks, and encrypts nothing (Pyrite)
        (DriveLocking(device="sdb", is_enabled=True, encrypts=True), FAIL),  # another one
        (DriveLocking(device="sda", is_enabled=True, encrypts=True), Outcome.UNKNOWN),
        (DriveLocking(device="sda", is_enabled=True), Outcome.UNKNOWN),
    ],
)
def test_sed_without_luks_is_unknown_where_root_sees_that_its_locking_is_on(
    drive: DriveLocking | None, expected: Outcome
) -> None:
    """Never a pass: which ranges lock, and whether at every loss of power, a drive tells only to its password."""
    nodes = [part("sda1", "sda"), lvm("dm-0", "sda1"), *TWO]
    root = root_saw(drives=(drive,) if drive else ())
    seen = server(graph(nodes, [on("dm-0")], [Swap(path="/dev/sda1", is_file=False)]), None, root)
    assert verdict(disk_plain, plain_mounts, seen) is expected
    assert verdict(swap_plain, swap_at_rest, seen) is expected
    if expected is Outcome.UNKNOWN:
        with pytest.raises(Undecided, match="sda has a lock of its own"):
            plain_mounts.derive(seen)


def test_opal_alone_and_opal_with_the_kernels_own() -> None:
    one = graph([SDA, luks("dm-0", "sda", kind="LUKS2-OPAL")], [on("dm-0")])
    assert verdict(disk_hardware_only, disk_layers, server(one)) is FAIL
    assert verdict(disk_hardware_only, disk_layers, server(one, None, root_saw(rooted("cryptdm-0")))) is PASS


@pytest.mark.parametrize("kind", ["clevis", "systemd-tpm2"])
def test_a_volume_that_opens_by_itself_passes_and_says_so(kind: str) -> None:
    slots = (
        Keyslot(number=0, kdf="argon2id", memory_kib=1048576, cost=4),
        Keyslot(number=1, kdf="pbkdf2", hash="sha256", cost=1000),
    )
    header = LuksHeader(device="sda", version=2, uuid="0123", slots=slots, tokens=(Token(kind=kind, slots=(1,)),))
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(headers=(header,)))
    facts = luks_headers.derive(seen, seen.privileged)
    assert disk_no_recovery_key.judge(facts).outcome is PASS
    assert "opens by itself" in disk_no_recovery_key.judge(facts).evidence[0].seen
    assert disk_kdf_weak.judge(facts).outcome is PASS  # what a token knows is no passphrase
    alone = replace(facts, headers=tuple(replace(one, passphrases=()) for one in facts.headers))
    assert disk_no_recovery_key.judge(alone).outcome is FAIL


def test_a_disk_that_is_encrypted_in_place_right_now() -> None:
    header = LuksHeader(device="sda", version=2, uuid="0123", requirements=("online-reencrypt-v2",))
    seen = server(graph([SDA, luks("dm-0", "sda")], [on("dm-0")]), None, root_saw(headers=(header,)))
    assert verdict(disk_reencryption_unfinished, luks_headers, seen, root=True) is FAIL
