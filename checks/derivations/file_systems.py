"""Which file systems keep data on a disk of this server, and which do not. A table; knows no device.

Names as in mountinfo. Sources: the kernel's /proc/filesystems of Debian 12, filesystems(5).
"""

from __future__ import annotations

import re

# fmt: off
KERNEL = frozenset({
    "autofs", "bdev", "binder", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "cpuset", "debugfs",
    "devfs", "devpts", "devtmpfs", "dmabuf", "drm", "efivarfs", "fuse.gvfsd-fuse", "fuse.lxcfs",
    "fuse.portal", "fusectl", "guestmemfs", "hugetlbfs", "mqueue", "nfsd", "nsfs", "pidfs", "pipefs", "proc",
    "pstore", "resctrl", "rpc_pipefs", "secretmem", "securityfs", "selinuxfs", "smackfs", "sockfs", "sysfs",
    "tracefs", "usbfs", "xenfs",
})
# fmt: on
MEMORY = frozenset({"tmpfs", "ramfs", "rootfs"})
# fmt: off
NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.glusterfs", "fuse.s3fs",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "orangefs", "smb3", "smbfs",
    "virtiofs",
})
# fmt: on
IMAGES = frozenset({"cramfs", "erofs", "iso9660", "romfs", "squashfs"})  # written once, read-only by design
# Programs (fuse) that keep their files in directories of other mounts, in an image, or on another machine. Of any other
# program nobody knows: it may write to a disk that no mount names (zfs-fuse does).
# fmt: off
FUSE_ELSEWHERE = frozenset({
    "archivemount", "bindfs", "blobfuse", "blobfuse2", "ceph-fuse", "cryfs", "curlftpfs", "cvmfs2", "encfs",
    "fuse-overlayfs", "gcsfuse", "gocryptfs", "goofys", "juicefs", "lizardfs", "mergerfs", "mfs", "mhddfs", "mount-s3",
    "mountpoint-s3", "rclone", "rofiles-fuse", "s3ql", "securefs", "snapfuse", "squashfuse", "squashfuse_ll",
    "unionfs", "unionfs-fuse", "vmhgfs-fuse",
})
# fmt: on
STACKED = frozenset({"aufs", "ecryptfs", "overlay", "unionfs"})  # their files lie in directories of other mounts
BEFORE_ANY_KEY = frozenset({"/boot", "/boot/efi", "/efi"})  # read by firmware and boot loader; holds no data
SYSTEM_IMAGE = frozenset({"/usr"})  # the distribution's own files, where it is mounted read-only
OWN_FILES = "/usr/local"  # in that tree and yet nobody's but the administrator's (FHS 3.0 section 4.9)
SESSION_DOOR = re.compile(r"/run/user/[0-9]+/(?:doc|gvfs)")
KERNEL_TREES = ("/proc", "/sys", "/dev")


def is_under(path: str, directory: str) -> bool:
    """Is `path` that directory or something in it? A relative path is under none."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def is_kernels_own(fstype: str, devno: str, point: str) -> bool:
    """A file system that the kernel makes up; an unfamiliar one if it has no device and lies in /proc, /sys or /dev."""
    invented = devno.startswith("0:") and any(is_under(point, tree) for tree in KERNEL_TREES)
    disks = STACKED | NETWORK | IMAGES | {"btrfs", "zfs", "bcachefs"}
    return fstype in KERNEL or (invented and fstype not in disks and not has_no_device(fstype))


def serves_a_device(fstype: str, source: str) -> bool:
    """A file system run by a program over a device that it names (fuse2fs, ntfs-3g of a plain user)."""
    return has_no_device(fstype) and is_under(source, "/dev") and source != "/dev/fuse"


def is_fuse_elsewhere(fstype: str) -> bool:
    """A file system run by a program that is known to keep nothing on a disk of its own."""
    return fstype.removeprefix("fuse.") in FUSE_ELSEWHERE


def is_session_door(point: str) -> bool:
    """Where the programs of a desktop session hand a user's own files on (xdg-document-portal, gvfs), by any name."""
    return bool(SESSION_DOOR.fullmatch(point))


def has_no_device(fstype: str) -> bool:
    """A file system run by a program (fuse); `fuseblk` is one that has a device."""
    return fstype == "fuse" or fstype.startswith("fuse.")
