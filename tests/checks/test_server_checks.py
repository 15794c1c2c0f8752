"""The further checks of servers: good, bad, on the boundary, with nothing to judge, and hostile."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from auditor.check import Check
from auditor.facts.at_rest import AtRest, Confidence, DatabasesAtRest, HibernationAtRest, Resting, TemporaryAtRest
from auditor.facts.base import Facts
from auditor.facts.disk_ciphers import DiskCiphers, DiskKeySizes, VolumeCipher, cipher_of
from auditor.facts.disk_keys import KeyFiles, LuksHeaders, VolumeHeader, VolumeKey
from auditor.facts.disk_layers import DirectoryEncryption, DiskLayers, Layer, PlainDataset, ZfsInheritance
from auditor.facts.linux_server import ServerSources
from auditor.facts.network_mounts import NetworkMount, NfsMounts, SmbMounts
from auditor.facts.privileged_disks import Keyslot, PrivilegedDisks, Token
from auditor.facts.server import BlockGraph, Section, SectionState
from auditor.facts.server_settings import ServerSettings
from auditor.model import Outcome, Severity, Tier
from checks import disk_ciphers, disk_keys, disk_layers, network_mounts, places, server_facts
from checks.derivations.linux_server import server_sources
from checks.disk_ciphers import disk_cbc_cipher, disk_null_cipher, disk_short_key, disk_weak_cipher
from checks.disk_keys import (
    disk_kdf_weak,
    disk_key_beside_lock,
    disk_key_readable,
    disk_keyslots_many,
    disk_no_recovery_key,
    disk_reencryption_unfinished,
)
from checks.disk_layers import disk_directory_only, disk_hardware_only, disk_headerless, disk_luks1, zfs_child_plain
from checks.disks import hibernation_plain
from checks.network_mounts import nfs_plain, smb_plain
from checks.places import database_plain, temporary_files_plain
from checks.server_facts import server_facts_incomplete
from tests.derivations.block_graphs import NOW, disk, graph, on, server, with_state

PASS, FAIL, MOOT = Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE
HOSTILE = "x\x1b[2J\n<script>\u202e"


def at(state: AtRest, place: str = "mount /", confidence: Confidence | None = None) -> Resting:
    return Resting(place=place, state=state, chain="/ <- vda", confidence=confidence)


SURE = at(AtRest.ENCRYPTED, confidence=Confidence.CIPHER_VERIFIED)
LAYER = at(AtRest.ENCRYPTED, confidence=Confidence.LAYER_ONLY)


def ciphers(*names: str) -> DiskCiphers:
    return DiskCiphers(
        observed_at=NOW, volumes=tuple(VolumeCipher(name=f"v{n}", cipher=one) for n, one in enumerate(names))
    )


def sizes(*strengths: int | None) -> DiskKeySizes:
    rows = (VolumeCipher(name=f"v{n}", cipher="aes-xts-plain64", strength=one) for n, one in enumerate(strengths))
    return DiskKeySizes(observed_at=NOW, volumes=tuple(rows))


def key(**changed: object) -> VolumeKey:
    usual = {"volume": "data", "path": "/etc/k", "chain": "/ <- vda", "is_on_plain": False, "owner": 0, "mode": 0o400}
    return VolumeKey(**{**usual, **changed})  # type: ignore[arg-type]


def keys(*rows: VolumeKey, is_boot_plain: bool | None = True) -> KeyFiles:
    return KeyFiles(observed_at=NOW, keys=rows, boot="/boot <- vda1", is_boot_plain=is_boot_plain)


def slot(kdf: str = "argon2id", **others: object) -> Keyslot:
    return Keyslot(**{"number": 0, "kdf": kdf, **others})  # type: ignore[arg-type]


def headers(
    *slots: Keyslot,
    tokens: Iterable[Token] = (),
    passphrases: tuple[Keyslot, ...] | None = None,
    requirements: tuple[str, ...] = (),
) -> LuksHeaders:
    one = VolumeHeader(
        volume=f"data on {HOSTILE}",
        version=2,
        slots=slots,
        tokens=tuple(tokens),
        passphrases=slots if passphrases is None else passphrases,
        requirements=requirements,
    )
    return LuksHeaders(observed_at=NOW, headers=(one,))


NO_HEADERS = LuksHeaders(observed_at=NOW, headers=())
GOOD = slot(memory_kib=65_536)


def layers(*kinds: str, is_swap: bool = False, verified: bool = False) -> DiskLayers:
    rows = (
        Layer(place=HOSTILE, name="x", kind=kind, chain="x <- y", is_swap=is_swap, is_verified_software=verified)
        for kind in kinds
    )
    return DiskLayers(observed_at=NOW, layers=tuple(rows))


def directories(*names: str, on_plain: tuple[str, ...] = ()) -> DirectoryEncryption:
    return DirectoryEncryption(observed_at=NOW, directories=names, on_plain=on_plain)


def zfs(encrypted: int, *plain: str) -> ZfsInheritance:
    rows = tuple(PlainDataset(name=name, parent="tank") for name in plain)
    return ZfsInheritance(observed_at=NOW, encrypted=encrypted, plain_below=rows)


def share(*, is_sealed: bool | None) -> NetworkMount:
    return NetworkMount(point=f"/net/{HOSTILE}", source="nas:/x", is_sealed=is_sealed, by="sec=sys")


def nfs(*sealed: bool | None) -> NfsMounts:
    return NfsMounts(observed_at=NOW, mounts=tuple(share(is_sealed=one) for one in sealed))


def smb(*sealed: bool | None) -> SmbMounts:
    return SmbMounts(observed_at=NOW, mounts=tuple(share(is_sealed=one) for one in sealed))


def databases(*rows: Resting) -> DatabasesAtRest:
    return DatabasesAtRest(observed_at=NOW, places=rows)


def temporary(*rows: Resting) -> TemporaryAtRest:
    return TemporaryAtRest(observed_at=NOW, places=rows)


def hibernation(*rows: Resting) -> HibernationAtRest:
    return HibernationAtRest(observed_at=NOW, places=rows)


XTS, ESSIV = "aes-xts-plain64", "aes-cbc-essiv:sha256"
ROWS: list[tuple[Check[Facts], Facts, Outcome]] = [
    (disk_null_cipher, ciphers(XTS), PASS),
    (disk_null_cipher, ciphers(XTS, "cipher_null-ecb"), FAIL),
    (disk_null_cipher, ciphers("capi:ecb(cipher_null)-plain"), FAIL),
    (disk_null_cipher, ciphers(), MOOT),
    (disk_weak_cipher, ciphers(XTS), PASS),
    (disk_weak_cipher, ciphers("capi:xts(aes)-plain64", "capi:authenc(hmac(sha256),xts(aes))-plain64"), PASS),
    (disk_weak_cipher, ciphers("capi:gcm(aes)-random"), PASS),
    (disk_weak_cipher, ciphers(ESSIV), PASS),  # the milder check's
    (disk_weak_cipher, ciphers("aes-cbc-plain64"), FAIL),
    (disk_weak_cipher, ciphers("aes-cbc-plain"), FAIL),
    (disk_weak_cipher, ciphers("aes-ecb"), FAIL),
    (disk_weak_cipher, ciphers("aes"), FAIL),  # the kernel's old name of aes-cbc-plain
    (disk_weak_cipher, ciphers("des3_ede-cbc-essiv:sha256"), FAIL),
    (disk_weak_cipher, ciphers("serpent-xts-plain64"), FAIL),
    (disk_weak_cipher, ciphers("capi:adiantum(xchacha12,aes)-plain64"), FAIL),
    (disk_weak_cipher, ciphers(HOSTILE), FAIL),
    (disk_weak_cipher, ciphers("cipher_null-ecb"), MOOT),  # the graver check's
    (disk_cbc_cipher, ciphers(XTS), PASS),
    (disk_cbc_cipher, ciphers(XTS, ESSIV), FAIL),
    (disk_cbc_cipher, ciphers(), MOOT),
    (disk_short_key, sizes(128, 256), PASS),
    (disk_short_key, sizes(127), FAIL),
    (disk_short_key, sizes(None, 64), FAIL),
    (disk_short_key, sizes(), MOOT),
    (disk_key_beside_lock, keys(), MOOT),
    (disk_key_beside_lock, keys(key()), PASS),
    (disk_key_beside_lock, keys(key(is_on_plain=True)), FAIL),
    (disk_key_beside_lock, keys(key(), key(is_on_plain=True), key(is_on_plain=None)), FAIL),
    (disk_key_beside_lock, keys(key(is_in_initramfs=True)), FAIL),
    (disk_key_beside_lock, keys(key(is_in_initramfs=True), is_boot_plain=False), PASS),
    (disk_key_readable, keys(), MOOT),
    (disk_key_readable, keys(key(owner=None, mode=None)), MOOT),
    (disk_key_readable, keys(key(mode=0o600)), PASS),
    (disk_key_readable, keys(key(mode=0o440)), FAIL),
    (disk_key_readable, keys(key(mode=0o404)), FAIL),
    (disk_key_readable, keys(key(owner=33)), FAIL),
    (disk_kdf_weak, NO_HEADERS, MOOT),
    (disk_kdf_weak, headers(GOOD), PASS),
    (disk_kdf_weak, headers(slot(memory_kib=65_535)), FAIL),
    (disk_kdf_weak, headers(slot("argon2i", memory_kib=1_048_576)), PASS),
    (disk_kdf_weak, headers(slot("pbkdf2", hash="sha256", cost=600_000)), PASS),
    (disk_kdf_weak, headers(slot("pbkdf2", hash="sha256", cost=599_999)), FAIL),
    (disk_kdf_weak, headers(slot("pbkdf2", hash="sha1", cost=1_299_999)), FAIL),
    (disk_kdf_weak, headers(slot("pbkdf2", hash="ripemd160", cost=9_999_999)), FAIL),
    (disk_kdf_weak, headers(slot("")), FAIL),
    (disk_kdf_weak, headers(slot("pbkdf2", hash="sha256", cost=1000), passphrases=()), MOOT),
    (disk_keyslots_many, NO_HEADERS, MOOT),
    (disk_keyslots_many, headers(*(GOOD,) * 4), PASS),
    (disk_keyslots_many, headers(*(GOOD,) * 5), FAIL),
    (disk_no_recovery_key, NO_HEADERS, MOOT),
    (disk_no_recovery_key, headers(GOOD), PASS),
    (disk_no_recovery_key, headers(GOOD, passphrases=(), tokens=[Token(kind="systemd-tpm2", slots=(0,))]), FAIL),
    (disk_no_recovery_key, headers(GOOD, passphrases=(), tokens=[Token(kind="systemd-recovery", slots=(0,))]), PASS),
    (disk_no_recovery_key, headers(passphrases=()), MOOT),
    (disk_reencryption_unfinished, NO_HEADERS, MOOT),
    (disk_reencryption_unfinished, headers(GOOD), PASS),
    (disk_reencryption_unfinished, headers(GOOD, requirements=("offline-reencrypt",)), FAIL),
    (disk_reencryption_unfinished, headers(GOOD, requirements=("opal",)), PASS),
    (disk_luks1, layers(), MOOT),
    (disk_luks1, layers("LUKS2", "LUKS1"), FAIL),
    (disk_luks1, layers("LUKS2"), PASS),
    (disk_headerless, layers("PLAIN"), FAIL),
    (disk_headerless, layers("PLAIN", is_swap=True), PASS),
    (disk_headerless, layers(), MOOT),
    (disk_hardware_only, layers("LUKS2-OPAL"), FAIL),
    (disk_hardware_only, layers("LUKS2-OPAL", verified=True), PASS),
    (disk_hardware_only, layers(), MOOT),
    (disk_directory_only, directories(), MOOT),
    (disk_directory_only, directories("/home/a (fscrypt)"), PASS),
    (disk_directory_only, directories("/home/a", on_plain=(HOSTILE,)), FAIL),
    (zfs_child_plain, zfs(0), MOOT),
    (zfs_child_plain, zfs(2), PASS),
    (zfs_child_plain, zfs(2, f"tank/{HOSTILE}"), FAIL),
    (nfs_plain, nfs(), MOOT),
    (nfs_plain, nfs(True), PASS),
    (nfs_plain, nfs(True, None, False), FAIL),
    (smb_plain, smb(), MOOT),
    (smb_plain, smb(True, True), PASS),
    (smb_plain, smb(False), FAIL),
    (database_plain, databases(), MOOT),
    (database_plain, databases(SURE), PASS),
    (database_plain, databases(SURE, at(AtRest.PLAIN)), FAIL),
    (database_plain, databases(at(AtRest.PARTLY_PLAIN)), FAIL),
    (database_plain, databases(at(AtRest.EXEMPT)), MOOT),
    (temporary_files_plain, temporary(at(AtRest.MEMORY)), PASS),
    (temporary_files_plain, temporary(at(AtRest.PLAIN)), FAIL),
    (hibernation_plain, hibernation(), PASS),
    (hibernation_plain, hibernation(LAYER), PASS),
    (hibernation_plain, hibernation(at(AtRest.PLAIN)), FAIL),
]  # type: ignore[assignment]


@pytest.mark.parametrize(("check", "facts", "expected"), ROWS, ids=[f"{n} {row[0].id}" for n, row in enumerate(ROWS)])
def test_what_each_check_says(check: Check[Facts], facts: Facts, expected: Outcome) -> None:
    verdict = check.judge(facts)
    assert verdict.outcome is expected
    assert verdict.summary


@pytest.mark.parametrize(
    "make", [lambda: sizes(None), lambda: nfs(None), lambda: smb(True, None), lambda: keys(key(is_on_plain=None))]
)
def test_what_is_not_known_reaches_no_check(make: object) -> None:
    with pytest.raises(ValueError, match="proves no"):
        make()  # type: ignore[operator]


def test_thousands_of_rows_make_a_short_finding() -> None:
    for check, facts in (
        (disk_weak_cipher, ciphers(*("aes-ecb",) * 4096)),
        (disk_luks1, layers(*("LUKS1",) * 4096)),
        (nfs_plain, nfs(*(False,) * 4096)),
        (disk_key_beside_lock, keys(*(key(is_on_plain=True),) * 4096)),
        (database_plain, databases(*(at(AtRest.PLAIN),) * 4096)),
    ):
        verdict = check.judge(facts)  # type: ignore[attr-defined]
        assert len(verdict.evidence) <= 21
        assert "4096" in verdict.summary


def test_the_weakest_word_stands_beside_a_pass() -> None:
    assert "cipher-verified" in database_plain.judge(databases(SURE)).summary
    assert "layer-only" in database_plain.judge(databases(SURE, LAYER)).summary
    asserted = at(AtRest.ENCRYPTED, confidence=Confidence.ASSERTED)
    assert "asserted" in database_plain.judge(databases(SURE, asserted, LAYER)).summary


@pytest.mark.parametrize("module", [disk_ciphers, disk_keys], ids=lambda module: module.__name__)
def test_what_needs_root_is_asked_where_root_is_granted(module: object) -> None:
    assert {check.tier for check in module.CHECKS} == {Tier.PRIVILEGED}  # type: ignore[attr-defined]


def test_only_what_protects_nothing_is_critical() -> None:
    all_checks = [
        check
        for module in (disk_ciphers, disk_keys, disk_layers, network_mounts, places, server_facts)
        for check in module.CHECKS
    ]
    grave = {check.id for check in all_checks if check.severity is Severity.CRITICAL}
    assert grave == {"disk-null-cipher", "disk-key-beside-lock"}


@pytest.mark.parametrize(
    ("text", "bits", "strength"),
    [
        ("aes-xts-plain64", 512, 256),
        ("aes-xts-plain64", 256, 128),
        ("aes-cbc-essiv:sha256", 128, 128),
        ("capi:authenc(hmac(sha256),xts(aes))-plain64", 768, 256),
        ("capi:authenc(hmac(md5),xts(aes))-plain64", 768, None),  # an integrity key of unknown length
        ("capi:xts(aes)-plain64", 512, 256),
        ("cipher_null-ecb", 0, 0),
        ("aes-xts-plain64", None, None),
        (HOSTILE, 8, 8),
        ("", 8, 8),
    ],
)
def test_the_strength_of_a_key(text: str, bits: int | None, strength: int | None) -> None:
    assert cipher_of(text).strength(bits) == strength


# --- coverage ---------------------------------------------------------------------------------------------------------

SOUND = graph([disk("sda")], [on("sda")])


def sources(
    one: BlockGraph, settings: ServerSettings | None = None, privileged: PrivilegedDisks | None = None
) -> ServerSources:
    facts = server_sources.derive(server(one, settings, privileged))
    assert isinstance(facts, ServerSources)
    return facts


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (SectionState.SEEN, PASS),
        (SectionState.ABSENT, PASS),
        (SectionState.DENIED, FAIL),
        (SectionState.TRUNCATED, FAIL),
        (SectionState.TIMED_OUT, FAIL),
        (SectionState.FAILED, FAIL),
    ],
)
def test_a_source_that_could_not_be_read_is_named(state: SectionState, expected: Outcome) -> None:
    verdict = server_facts_incomplete.judge(sources(with_state(SOUND, "zfs", state)))
    assert verdict.outcome is expected
    assert any(row.looked_at == "section zfs" for row in verdict.evidence) is (expected is FAIL)


def test_every_report_names_the_script_and_the_helper() -> None:
    settings = ServerSettings(
        observed_at=NOW,
        sections=(Section(name="crypttab", state=SectionState.DENIED),),
        script="5c1e",
        virtualisation="kvm",
    )
    root = PrivilegedDisks(observed_at=NOW, helper="4e1f", tables=())
    verdict = server_facts_incomplete.judge(sources(SOUND, settings, root))
    assert verdict.outcome is PASS  # crypttab is root's own on many systems
    seen = " ".join(row.seen for row in verdict.evidence)
    assert all(word in seen for word in ("sha256:5c1e", "sha256:4e1f", "kvm", "crypttab"))
    assert "not read" in " ".join(row.seen for row in server_facts_incomplete.judge(sources(SOUND, settings)).evidence)
