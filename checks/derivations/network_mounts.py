"""Mounts over the network → is what they carry encrypted on its way? Pure. Sources: nfs(5), mount.cifs(8)."""

from __future__ import annotations

from collections.abc import Iterable

from auditor.derive import Undecided, derive
from auditor.facts.linux_server import LinuxServer
from auditor.facts.network_mounts import NetworkMount, NfsMounts, SmbMounts
from auditor.facts.server import BlockGraph, Mount, SectionState
from auditor.model import Reason
from checks.derivations.data_at_rest import REASONS

NFS = frozenset({"nfs", "nfs4"})
SMB = frozenset({"cifs", "smb3", "smbfs"})
LOOPBACK = ("127.", "[::1]", "::1", "localhost:")


@derive(reads=(LinuxServer,), yields=NfsMounts)
def nfs_mounts(server: LinuxServer) -> NfsMounts:
    """Raises Undecided where the mounts, or one mount's options, were not told and none is in the clear."""
    return NfsMounts(observed_at=server.observed_at, mounts=_settled(server.graph, NFS))


@derive(reads=(LinuxServer,), yields=SmbMounts)
def smb_mounts(server: LinuxServer) -> SmbMounts:
    """Raises Undecided as `nfs_mounts`."""
    return SmbMounts(observed_at=server.observed_at, mounts=_settled(server.graph, SMB))


def _settled(graph: BlockGraph, kinds: Iterable[str]) -> tuple[NetworkMount, ...]:
    mounts = tuple(_mount(mount) for mount in graph.mounts if mount.fstype in kinds)
    if any(mount.is_sealed is False for mount in mounts):
        return mounts
    state = graph.state_of("mountinfo")
    if state is not SectionState.SEEN:
        raise Undecided(REASONS[state], "the mounts")
    if any(mount.is_sealed is None for mount in mounts):
        raise Undecided(Reason.NOT_OBSERVED, "the options of a network mount")
    return mounts


def _mount(mount: Mount) -> NetworkMount:
    options = mount.options
    by = ",".join(options or ())
    sealed = None if options is None else _is_sealed(mount.fstype, options)
    if mount.source.startswith(LOOPBACK):
        sealed, by = True, "it does not leave this machine"
    return NetworkMount(point=mount.point, source=mount.source, is_sealed=sealed, by=by)


def _is_sealed(fstype: str, options: tuple[str, ...]) -> bool:
    """Kerberos with privacy, or TLS below RPC (RFC 9289); SMB's own encryption, which exists from 3.0 on."""
    told = dict(option.partition("=")[::2] for option in options)
    if fstype in NFS:
        return told.get("sec") == "krb5p" or told.get("xprtsec") in ("tls", "mtls")
    return "seal" in told and not told.get("vers", "3").startswith(("1", "2"))


DERIVATIONS = (nfs_mounts, smb_mounts)
