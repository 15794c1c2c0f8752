"""Collected sections → BlockGraph: what was told is kept, what could not be read is not guessed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.codec import decode, encode
from auditor.facts.at_rest import AtRest
from auditor.facts.server import NODE_LIMIT, BlockGraph, SectionState
from auditor.probes.block_graph import SECTIONS, parse_block_graph
from checks.derivations.block_walk import BlockMap
from checks.derivations.data_at_rest import mounted

M = "0123456789abcdef"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ROOT = "27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw"
WHOLE = {
    "uname": "Linux 6.1.0 x86_64",
    "sysblk": "vda dev=254:0 size=8 ro=0 rm=0 dmname= dmuuid= md= back= slaves= hw=1 zram=none\n"
    "vda1 dev=254:1 size=4 ro=0 part=vda",
    "mountinfo": ROOT,
    "swaps": "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority",
    "resume": "0:0",
    "crypto": "name         : aes\nrefcnt       : 1",
    "btrfs": "",
}


def graph(**changed: str) -> BlockGraph:
    parts = [f"{M} BEGIN {name}\n{body}\n\n{M} END {name} rc=0\n" for name, body in {**WHOLE, **changed}.items()]
    return parse_block_graph("\n".join([*parts, f"{M} DONE\n"]).encode("utf-8", "surrogateescape"), M, NOW)


def node(name: str, **changed: str) -> object:
    return next(one for one in graph(**changed).nodes if one.name == name)


def test_disks_and_partitions_are_told_apart() -> None:
    disk, partition = graph().nodes
    assert (disk.name, disk.devno, disk.is_hardware, disk.slaves, disk.partition_of) == ("vda", "254:0", True, (), None)
    assert (partition.name, partition.devno, partition.partition_of) == ("vda1", "254:1", "vda")


def test_partitions_of_older_collections_have_no_number() -> None:
    line = "vda dev=254:0 size=8 ro=0 rm=0 dmname= dmuuid= md= back= slaves= parts=vda1,vda2,"
    found = graph(sysblk=line).nodes
    assert [(one.name, one.devno, one.partition_of) for one in found[1:]] == [
        ("vda1", None, "vda"),
        ("vda2", None, "vda"),
    ]
    assert found[0].is_hardware is None


def test_a_mapping_keeps_its_uuid_and_all_its_parents() -> None:
    line = r"dm-0 dev=253:0 size=1 dmname=my\040data dmuuid=CRYPT-LUKS2-ab-x slaves=vdb,vda1,"
    (found,) = graph(sysblk=line).nodes
    assert (found.dm_name, found.dm_uuid, found.slaves) == ("my data", "CRYPT-LUKS2-ab-x", ("vda1", "vdb"))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (r"back=/srv/a\040b.img", "/srv/a b.img"),
        (r"back=/srv/a\012", None),  # the name went on after a newline: only its first line came
        ("back=", None),
    ],
)
def test_a_backing_file_is_known_whole_or_not_at_all(field: str, expected: str | None) -> None:
    (found,) = graph(sysblk=f"loop0 dev=7:0 {field} slaves=").nodes
    assert found.backing_file == expected


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (" serial=vol0123456789abcdef0", "vol0123456789abcdef0"),
        (r" serial=\040naa.5000c500\040\040", "naa.5000c500"),
        (" serial=", ""),
        ("", ""),
        (" serial=" + "x" * 300, "x" * 256),
    ],
)
def test_a_disk_tells_its_serial_number_or_does_not(field: str, expected: str) -> None:
    (found,) = graph(sysblk=f"nvme0n1 dev=259:0 slaves= hw=1{field}").nodes
    assert found.serial == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (r" sys_vendor=Amazon\040EC2 product_name=m5.large board_asset_tag=i-0123456789abcdef0", "i-0123456789abcdef0"),
        (" sys_vendor=Acme product_name=X board_asset_tag=i-am-a-laptop", ""),
        (r" sys_vendor=board_asset_tag=i-0123456789abcdef0 board_asset_tag=", ""),
        (" board_asset_tag=i-0123456789abcdef0\\012", ""),  # a second line: not the whole value
        (" board_asset_tag=I-0123456789ABCDEF0", ""),
        ("", ""),
    ],
)
def test_a_cloud_tells_its_name_of_the_machine_in_the_asset_tag(table: str, expected: str) -> None:
    assert graph(dmi=table).instance == expected


def test_parents_that_may_not_be_listed_are_not_an_empty_list() -> None:
    (found,) = graph(sysblk="md0 dev=9:0 slaves=?").nodes
    assert found.slaves is None


@pytest.mark.parametrize(
    "line",
    [
        "vdb dev=254:16 slaves=a/b,",
        "vdb dev=nonsense slaves=",
        "vdb dev=254:16 slaves= dmuuid=CRYPT-LUKS2-x dmuuid=",
        "vdb dev=254:16 a word without sign",
        "../../etc dev=254:16",
    ],
)
def test_a_line_that_cannot_be_read_fails_its_section_and_leaves_the_others(line: str) -> None:
    found = graph(sysblk=WHOLE["sysblk"] + "\n" + line)
    assert found.state_of("sysblk") is SectionState.FAILED
    assert [one.name for one in found.nodes] == ["vda", "vda1"]


def test_a_name_that_comes_twice_voids_the_devices() -> None:
    found = graph(sysblk="vda dev=254:0 slaves=\nvda dev=254:0 dmuuid=CRYPT-LUKS2-x slaves=")
    assert (found.state_of("sysblk"), found.nodes) == (SectionState.FAILED, ())


def test_too_many_devices_count_as_truncated() -> None:
    found = graph(sysblk="\n".join(f"sd{n} dev=8:{n} slaves=" for n in range(NODE_LIMIT + 1)))
    assert (found.state_of("sysblk"), len(found.nodes)) == (SectionState.TRUNCATED, NODE_LIMIT)


def test_mountinfo_escapes_are_undone_once() -> None:
    line = r"30 27 8:1 / /srv/a\040b\134040\012c rw - ext4 /dev/sda1 rw,errors=remount-ro"
    mount = graph(mountinfo=f"{ROOT}\n{line}").mounts[1]
    assert mount.point == "/srv/a b\\040\nc"
    assert (mount.is_read_only, mount.is_read_only_here) == (False, False)


def test_read_only_is_told_of_the_mount_and_of_the_file_system() -> None:
    here, everywhere = graph(
        mountinfo="1 0 8:1 / / ro - ext4 /dev/sda1 rw\n2 1 8:2 / /usr rw shared:1 master:2 - ext4 /dev/sda2 ro,noatime"
    ).mounts
    assert (here.is_read_only_here, here.is_read_only) == (True, False)
    assert (everywhere.is_read_only_here, everywhere.is_read_only) == (False, True)


def test_an_overlay_names_its_upper_directory() -> None:
    line = "40 27 0:50 / /mnt rw - overlay overlay rw,lowerdir=/a:/b,upperdir=/up,workdir=/w"
    assert graph(mountinfo=f"{ROOT}\n{line}").mounts[1].upper == "/up"


@pytest.mark.parametrize("body", ["27 1 254:1 / /", "x y 254:1 / / rw - ext4 /dev/vda1 rw", f"{ROOT}\n{ROOT}"])
def test_a_broken_mountinfo_is_failed_not_empty(body: str) -> None:
    assert graph(mountinfo=body).state_of("mountinfo") is SectionState.FAILED


def test_a_server_without_any_mount_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing is mounted"):
        graph(mountinfo="")


def test_swaps_are_files_or_devices() -> None:
    table = WHOLE["swaps"] + "\n/swap\\040file file 8 0 -2\n/dev/dm-1 partition 8 0 -3\n"
    assert [(swap.path, swap.is_file) for swap in graph(swaps=table).swaps] == [
        ("/dev/dm-1", False),
        ("/swap file", True),
    ]


@pytest.mark.parametrize("body", ["", "what is this", "/dev/sda2 partition 8 0 -2"])
def test_a_table_of_swaps_without_its_heading_is_not_an_empty_one(body: str) -> None:
    assert graph(swaps=body).state_of("swaps") is SectionState.FAILED


@pytest.mark.parametrize(("text", "expected"), [("0:0", None), ("254:3", "254:3"), ("", None), ("\x00\xff", None)])
def test_the_hibernation_target(text: str, expected: str | None) -> None:
    assert graph(resume=text).resume == expected


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("name : ecb(cipher_null)\ndriver : x\nrefcnt : 1\n\nname : aes\nrefcnt : 9", 0),
        ("name : aes\nrefcnt : 9\n\nname : ecb(cipher_null)\nrefcnt : 3\n\nname : cipher_null\nrefcnt : 2", 3),
        ("name : digest_null\nrefcnt : 7", 0),
        ("name : aes\ndriver : cipher_null\nrefcnt : 7", 0),
        ("", None),
    ],
)
def test_users_of_a_null_cipher_are_counted(text: str, users: int | None) -> None:
    assert graph(crypto=text).null_cipher_users == users


def test_a_truncated_list_of_ciphers_rules_nothing_out() -> None:
    raw = f"{M} BEGIN mountinfo\n{ROOT}\n{M} END mountinfo rc=0\n{M} BEGIN crypto\nname : aes\nrefcnt : 1\n{M} DONE\n"
    assert parse_block_graph(raw.encode(), M, NOW).null_cipher_users is None


def test_zfs_data_sets_and_the_leaves_of_pools() -> None:
    """Shapes as in zfs-get(8) -H and zpool-status(8) -P of OpenZFS 2.2; no such server could be tried."""
    found = graph(
        zfs="tank\tencryption\toff\ntank\tmountpoint\t/tank\ntank/safe\tencryption\taes-256-gcm",
        zpool="  pool: tank\n state: ONLINE\nconfig:\n\n\tNAME  STATE\n\ttank  ONLINE\n\t  mirror-0  ONLINE"
        "\n\t    /dev/dm-3  ONLINE\n\t    1234567890  UNAVAIL  was /dev/sdb1\n\nerrors: No known data errors\n",
    )
    assert [(one.name, one.encryption) for one in found.zfs] == [("tank", "off"), ("tank/safe", "aes-256-gcm")]
    assert found.zpools[0].leaves == ("/dev/dm-3", "1234567890")


def test_a_leaf_of_a_pool_whose_path_holds_a_blank_leads_nowhere() -> None:
    """zpool-status(8) pads its columns with blanks: of such a path only the beginning would be left."""
    found = graph(
        zfs="tank\tencryption\toff",
        zpool="  pool: tank\nconfig:\n\tNAME  STATE\n\ttank  ONLINE\n\t  /mnt/old disk/a.img  ONLINE  0  0  0\n",
    )
    assert found.zpools[0].leaves == ("",)
    assert found.state_of("zpool") is SectionState.FAILED


def test_btrfs_members() -> None:
    (members,) = graph(btrfs="6c5e-1-2 vdb10,dm-2,").btrfs
    assert members.devices == ("dm-2", "vdb10")


def test_what_never_came_is_absent() -> None:
    found = parse_block_graph(f"{M} BEGIN mountinfo\n{ROOT}\n{M} END mountinfo rc=0\n{M} DONE\n".encode(), M, NOW)
    states = {one.name: one.state for one in found.sections}
    assert states == dict.fromkeys(SECTIONS, SectionState.ABSENT) | {"mountinfo": SectionState.SEEN}


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([line.encode() + b"\n" for body in WHOLE.values() for line in body.splitlines()]),
    st.sampled_from(
        [f"\n{M} {verb}\n".encode() for name in SECTIONS for verb in (f"BEGIN {name}", f"END {name} rc=0")]
    ),
)


@given(st.lists(PIECES, max_size=60))
def test_any_bytes_give_facts_or_a_refusal(pieces: list[bytes]) -> None:
    try:
        found = parse_block_graph(b"".join(pieces), M, NOW)
    except ValueError:
        return
    assert found.sections


@pytest.mark.parametrize("name", SECTIONS)
@given(body=st.binary(max_size=300))
def test_any_bytes_in_one_section_give_facts_or_a_refusal(name: str, body: bytes) -> None:
    frame = f"{M} BEGIN {name}\n".encode() + body + f"\n{M} END {name} rc=0\n".encode()
    try:
        found = parse_block_graph(frame, M, NOW)
    except ValueError:
        return
    assert found.state_of(name) is not SectionState.ABSENT


# --- what the script of today tells besides ---------------------------------------------------------------------------


def test_bcache_and_its_caches() -> None:
    found = graph(bcache="bcache0 vdb,vdc,\nbcache1 vdd,")
    assert [(one.name, one.devices) for one in found.bcache] == [("bcache0", ("vdb", "vdc")), ("bcache1", ("vdd",))]
    assert graph(bcache="bcache0").state_of("bcache") is SectionState.FAILED
    assert graph(bcache="bcache0 a/b,").state_of("bcache") is SectionState.FAILED


def test_lsblks_hints_stand_beside_what_sysfs_says() -> None:
    lines = 'KNAME="vda" FSTYPE="" PARTTYPE="" TRAN="sata"\nKNAME="vda1" FSTYPE="ext4" PARTTYPE="0x83" TRAN=""'
    disk, partition = graph(lsblk=lines).nodes
    assert (disk.transport, disk.signature, disk.devno) == ("sata", "", "254:0")
    assert (partition.signature, partition.part_type, partition.partition_of) == ("ext4", "0x83", "vda")
    assert graph(lsblk='KNAME="forged" FSTYPE="ext4"').nodes == graph().nodes  # a hint makes no device


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("root=/dev/vda1\nresume=UUID=1", "UUID=1"),
        ("resume=/dev/a resume=/dev/b", "/dev/b"),
        ("resume=/dev/a\nnoresume", ""),
        ("resume=/dev/a nohibernate", ""),
        ("root=/dev/vda1", ""),
        ("", ""),
    ],
)
def test_where_the_command_line_would_hibernate_to(words: str, expected: str) -> None:
    assert graph(cmdline=words).resume_named == expected


@pytest.mark.parametrize(("text", "expected"), [("freeze mem disk", True), ("freeze mem", False), ("", False)])
def test_whether_the_kernel_can_hibernate(text: str, *, expected: bool) -> None:
    assert graph(power=text).can_hibernate is expected
    assert graph().can_hibernate is None


def test_data_sets_with_all_their_properties() -> None:
    rows = (
        "tank\tencryption\taes-256-gcm\ntank\tkeystatus\tavailable\ntank\tencryptionroot\ttank\ntank\tmounted\tyes\n"
        "tank\tmountpoint\t/tank\nbare\tkeystatus\t-"
    )
    (found,) = graph(zfs=rows).zfs
    assert (found.key_status, found.encryption_root, found.is_mounted) == ("available", "tank", True)
    assert graph(zfs="tank encryption off").state_of("zfs") is SectionState.FAILED


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("nas:/x rw,vers=4.2,sec=krb5p,addr=10.0.0.1", ("sec=krb5p", "vers=4.2")),
        ("//nas/x rw,vers=3.1.1,username=ada,password=hunter2,domain=CITY,seal", ("seal", "vers=3.1.1")),
        ("nas:/x rw", ()),
    ],
)
def test_of_a_shares_options_only_those_that_tell_how_it_travels(line: str, options: tuple[str, ...]) -> None:
    fstype = "cifs" if line.startswith("//") else "nfs4"
    found = graph(mountinfo=f"{ROOT}\n40 27 0:50 / /net rw - {fstype} {line}")
    share = found.mounts[1]
    assert share.options == options
    assert "hunter2" not in repr(found)
    assert found.mounts[0].options is None


def test_names_with_escapes_stay_text_and_nul_ends_nothing() -> None:
    odd = "30 27 8:1 / /srv/\x1b[2J\\012\\134<script>\u202e rw - ext4 /dev/sda1 rw"
    found = graph(mountinfo=f"{ROOT}\n{odd}\n31 27 8:2 / /a\x00b rw - ext4 /dev/x rw")
    assert [mount.point for mount in found.mounts[1:]] == ["/srv/\x1b[2J\n\\<script>\u202e", "/a\x00b"]
    assert found.state_of("mountinfo") is SectionState.SEEN


def test_ten_thousand_devices_in_circles_are_bounded() -> None:
    rows = [
        f"dm-{n} dev=253:{n} dmuuid=LVM-x slaves=dm-{(n + 1) % 10_000},dm-{(n + 7) % 10_000}," for n in range(10_000)
    ]
    found = graph(sysblk="\n".join(rows))
    assert (found.state_of("sysblk"), len(found.nodes)) == (SectionState.TRUNCATED, NODE_LIMIT)
    in_it = replace(found, mounts=(replace(found.mounts[0], devno="253:1"),))
    assert mounted(in_it, BlockMap(in_it))[0].state is AtRest.UNKNOWN


def test_facts_of_an_older_script_still_load() -> None:
    """What a store kept before these fields were known: their defaults say that nobody told."""
    text = encode(graph(lsblk='KNAME="vda" FSTYPE="x"', dmi=" board_asset_tag=i-0123456789abcdef0", cmdline="resume=a"))
    stored = json.loads(text)
    facts = stored["facts"]
    for key in ("bcache", "instance", "resume_named", "can_hibernate"):
        del facts[key]
    for node in facts["nodes"]:
        for key in ("serial", "signature", "part_type", "transport"):
            del node[key]
    for mount in facts["mounts"]:
        del mount["options"]
    loaded = decode(json.dumps(stored).encode(), [BlockGraph])
    assert isinstance(loaded, BlockGraph)
    assert (loaded.instance, loaded.resume_named, loaded.can_hibernate, loaded.bcache) == ("", "", None, ())
    assert {node.signature for node in loaded.nodes} == {""}
