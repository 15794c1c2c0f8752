"""What `zfs get` and `zpool status` say → data sets and pools. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.facts.base import target_text
from auditor.facts.server import NODE_LIMIT, PATH_LIMIT, SectionState, ZfsDataset, ZfsPool
from auditor.probes.collection import Collected

ZFS_PROPERTIES = 5  # asked of each data set
ZPOOL_STATES = frozenset({
    b"ONLINE", b"DEGRADED", b"FAULTED", b"OFFLINE", b"UNAVAIL", b"REMOVED", b"AVAIL", b"INUSE", b"SPLIT",
})  # fmt: skip


def zfs_property(line: bytes) -> tuple[str, str, str]:
    """`name TAB property TAB value`."""
    name, prop, value = line.split(b"\t")
    return target_text(name), prop.decode("ascii", "replace"), target_text(value)


def zfs_datasets(rows: Iterable[tuple[str, str, str]]) -> tuple[ZfsDataset, ...]:
    """Those whose encryption was told."""
    by_name: dict[str, dict[str, str]] = {}
    for name, prop, value in rows:
        by_name.setdefault(name, {})[prop] = value
    return tuple(
        ZfsDataset(
            name=name,
            encryption=told["encryption"][:64],
            key_status=told.get("keystatus", "")[:64],
            encryption_root=told.get("encryptionroot", ""),
            is_mounted={"yes": True, "no": False}.get(told.get("mounted", "")),
        )
        for name, told in sorted(by_name.items())
        if "encryption" in told
    )


def zfs_pools(section: Collected, state: SectionState) -> tuple[tuple[ZfsPool, ...], SectionState]:
    """`zpool status -P`: below `config:` a leaf's first word is its path, or a bare number where it is missing; the
    second is its state. Where another word stands there, the path holds a blank, and leads nowhere."""
    leaves: dict[str, list[str]] = {}
    pool, in_config = "", False
    for line in section.lines:
        words = line.split()
        if words[0] == b"pool:" and len(words) > 1:
            pool, in_config = target_text(words[1]), False
            leaves.setdefault(pool, [])
        elif words[0] in (b"config:", b"errors:"):
            in_config = words[0] == b"config:"
        elif pool and in_config and (words[0].startswith(b"/") or words[0].isdigit()):
            is_whole = len(words) == 1 or words[1] in ZPOOL_STATES
            leaves[pool].append(target_text(words[0], PATH_LIMIT) if is_whole else "")
            state = state if is_whole else SectionState.FAILED
    if sum(map(len, leaves.values())) > NODE_LIMIT:
        return (), SectionState.TRUNCATED
    return tuple(ZfsPool(name=name, leaves=tuple(sorted(found))) for name, found in sorted(leaves.items())), state
