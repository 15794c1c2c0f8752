"""File systems that a server mounts over the network: is what they carry encrypted on its way?"""

from __future__ import annotations

from auditor.check import HIGH, check, failed, not_applicable, passed
from auditor.facts.network_mounts import NetworkMount, NfsMounts, SmbMounts
from auditor.model import Evidence, Verdict
from checks.counted import counted
from checks.place_rows import ROWS

CONTROLS = ("NIST SP 800-53r5 SC-8(1)",)


@check("nfs-plain", reads=NfsMounts, severity=HIGH, effort=3, controls=("RFC 9289", *CONTROLS))
def nfs_plain(facts: NfsMounts) -> Verdict:
    """An NFS share is mounted without encryption.

    Why: Every file that is read or written there travels in the clear: whoever is on the way reads it, and can change
        it.
    Fix: With Kerberos: `sec=krb5p` in the options of its line in /etc/fstab and in the server's /etc/exports. With TLS
        (Linux 6.5 and nfs-utils 2.6.3, both ends run tlshd): `xprtsec=mtls`. Then `umount /MOUNT && mount /MOUNT`.
        krb5i signs and does not encrypt.
    """
    wanted = "sec=krb5p, xprtsec=tls or xprtsec=mtls"
    return _judged(facts.mounts, "NFS", wanted)


@check("smb-plain", reads=SmbMounts, severity=HIGH, effort=2, controls=CONTROLS)
def smb_plain(facts: SmbMounts) -> Verdict:
    """A Windows share is mounted without encryption.

    Why: Every file that is read or written there travels in the clear: whoever is on the way reads it.
    Fix: Add `seal,vers=3.1.1` to the options of its line in /etc/fstab, then `umount /MOUNT && mount /MOUNT`. On the
        server: `Set-SmbServerConfiguration -EncryptData $true`, or `server smb encrypt = required` in smb.conf.
    """
    return _judged(facts.mounts, "SMB", "seal, with SMB 3.0 or later")


def _judged(mounts: tuple[NetworkMount, ...], kind: str, wanted: str) -> Verdict:
    if not mounts:
        return not_applicable(f"no {kind} share is mounted")
    bare = [_row(mount, wanted) for mount in mounts if mount.is_sealed is False]
    if bare:
        return failed(
            f"{counted(len(bare), f'{kind} share travels', f'{kind} shares travel')} in the clear.", *bare[:ROWS]
        )
    return passed(f"Every {kind} share is encrypted on its way.", *(_row(mount, wanted) for mount in mounts[:ROWS]))


def _row(mount: NetworkMount, wanted: str) -> Evidence:
    return Evidence(f"mount {mount.point} of {mount.source}", mount.by or "no option that encrypts", wanted)


CHECKS = (nfs_plain, smb_plain)
