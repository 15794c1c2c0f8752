#!/usr/bin/env bash
# Small Debian guests with real LUKS, dm-crypt, LVM, md, btrfs, bcache and multipath below them, to be looked at over SSH.
#
#   guests.sh base              a root file system, a kernel and an initramfs for all guests (once)
#   guests.sh build GUEST...    luks, plain, plainswap, zoo: formatted and filled inside a builder guest
#   guests.sh up GUEST          boot it, and wait until its sshd answers
#   guests.sh ssh GUEST CMD...  as user "audit"; AS=auditor or AS=root for the others
#   guests.sh down GUEST        power off
#   guests.sh where GUEST       port, key and known_hosts, for the tests
#
# The host needs no device-mapper and no KVM: a guest formats the disks, and qemu emulates where /dev/kvm does not work.
# All that is made lies in $GUESTS (default build/vm below the project): some 2.5 GB. One guest at a time is enough.
# They give way to other work (nice 19); NICE=0 does not.
# In each guest: audit (no sudo), auditor (sudo for one root-owned program, which a test installs), root (for the tests).
# A passphrase comes from outside through qemu's fw_cfg, as from a TPM: no guest's disk has it, but for the zoo's, on
# purpose. Guests reach nothing: restrict=on.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
GUESTS=${GUESTS:-$(cd "$HERE/../../.." && pwd)/build/vm}
SUITE=bookworm
MEMORY=768
PASSPHRASE='test-passphrase-of-no-worth'
declare -A PORT=([luks]=2201 [plain]=2202 [plainswap]=2203 [zoo]=2204)
declare -A SECOND=([luks]=256M [plain]=256M [plainswap]=256M [zoo]=1900M)
WORLD_WIDE_NAME=0x5000c50015ea71ad # of the zoo's third disk, which two paths lead to
PACKAGES=systemd-sysv,udev,dbus,linux-image-cloud-amd64,initramfs-tools,zstd,busybox,cryptsetup,cryptsetup-initramfs
PACKAGES+=,lvm2,thin-provisioning-tools,mdadm,btrfs-progs,bcache-tools,multipath-tools,dosfstools,e2fsprogs,fdisk,openssh-server,sudo
PACKAGES+=,iproute2,procps,kmod,python3

say() { printf 'guests: %s %s\n' "$(date +%T)" "$*" >&2; }

mirror() { # the one that this machine uses
  awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/*.sources 2>/dev/null | grep . ||
    awk '/^deb / {for (i = 2; i <= NF; i++) if ($i ~ /:\/\//) {print $i; exit}}' /etc/apt/sources.list
}

base() {
  mkdir -p "$GUESTS" && cd "$GUESTS"
  rm -rf rootfs base.img accelerator
  mmdebstrap --quiet --variant=minbase --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --include="$PACKAGES" "$SUITE" rootfs "$(mirror)" >&2
  # One initramfs for all, made here: under emulation it would take minutes. A guest's own crypttab is appended to it.
  echo 'CRYPTSETUP=y' >>rootfs/etc/cryptsetup-initramfs/conf-hook
  printf '%s\n' qemu_fw_cfg virtio_blk virtio_pci virtio_net ext4 dm_crypt xts >>rootfs/etc/initramfs-tools/modules
  sed -i 's/^COMPRESS=.*/COMPRESS=zstd/' rootfs/etc/initramfs-tools/initramfs.conf
  echo 'COMPRESSLEVEL=1' >>rootfs/etc/initramfs-tools/initramfs.conf
  chroot rootfs update-initramfs -u >/dev/null
  cp rootfs/boot/vmlinuz-* vmlinuz && cp rootfs/boot/initrd.img-* initrd
  rm -f rootfs/etc/ssh/ssh_host_* && : >rootfs/etc/machine-id
  for user in audit auditor; do
    chroot rootfs useradd -m -s /bin/bash $user && install -d -m 700 rootfs/home/$user/.ssh
    chroot rootfs chown $user:$user /home/$user/.ssh
  done
  install -d -m 700 rootfs/root/.ssh && mkdir -p rootfs/etc/keys
  for name in records weak null span raid btr detached aead vault cached shared sharedplain; do mkdir -p rootfs/srv/$name; done
  chroot rootfs systemctl -q enable systemd-networkd ssh
  chroot rootfs systemctl -q mask systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer
  install -m 755 "$HERE/builder-init.sh" rootfs/usr/local/sbin/builder-init
  # Copied block by block into each guest: file by file would take minutes under emulation.
  truncate -s 900M base.img && mke2fs -q -t ext4 -E lazy_itable_init=0 -d rootfs base.img
  say "base: $(du -sh rootfs | cut -f1)"
}

accelerator() { # /dev/kvm may be there and still not run a stock kernel: try one
  [ -f "$GUESTS/accelerator" ] || {
    echo 'tcg,thread=multi,tb-size=256' >"$GUESTS/accelerator"
    if [ -w /dev/kvm ] && timeout 12 qemu-system-x86_64 -accel kvm -cpu host -m 512 -nographic -nodefaults -no-reboot \
      -serial stdio -net none -kernel "$GUESTS/vmlinuz" -append 'console=ttyS0 panic=-1' </dev/null 2>/dev/null |
      grep -q 'Linux version'; then echo kvm >"$GUESTS/accelerator"; fi
  }
  cat "$GUESTS/accelerator"
}

qemu() { nice -n "${NICE:-19}" qemu-system-x86_64 -accel "$(accelerator)" -cpu max -smp 1 -nodefaults -no-reboot -device virtio-rng-pci "$@"; }

paths() { # paths GUEST NUMBER: so many ways to the zoo's third disk, as to a disk in a storage network
  [ "$1" = zoo ] || return 0
  [ -f c.img ] || truncate -s 240M c.img
  printf '%s\n' -device virtio-scsi-pci
  for path in $(seq "$2"); do
    printf '%s\n' -drive "file=c.img,if=none,id=path$path,format=raw,cache=none,file.locking=off" \
      -device "scsi-hd,drive=path$path,wwn=$WORLD_WIDE_NAME,serial=shared,share-rw=on"
  done
}

seed() { # what the builder gets: scripts, keys that are made here (so that they are pinned before the first contact)
  local guest=$1 to=$GUESTS/$1/seed kind
  rm -rf "$to" && mkdir -p "$to"/files/etc/{ssh,sudoers.d,systemd/network} "$to"/files/usr/local/sbin "$to"/files/root
  [ -f "$GUESTS/identity" ] || ssh-keygen -q -t ed25519 -N '' -C guests -f "$GUESTS/identity"
  cp "$GUESTS/identity.pub" "$to/authorized_keys"
  cp "$HERE/inside.sh" "$HERE/layouts.sh" "$HERE/zoo.sh" "$to/"
  printf %s "$PASSPHRASE" >"$to/key"
  echo "$guest" >"$to/guest"
  touch "$GUESTS/known_hosts" && sed -i "/^\[127.0.0.1\]:${PORT[$guest]} /d" "$GUESTS/known_hosts"
  for kind in ed25519 rsa ecdsa; do
    ssh-keygen -q -t $kind -N '' -C "$guest" -f "$to/files/etc/ssh/ssh_host_${kind}_key"
    echo "[127.0.0.1]:${PORT[$guest]} $(cut -d' ' -f1,2 "$to/files/etc/ssh/ssh_host_${kind}_key.pub")" >>"$GUESTS/known_hosts"
  done
  printf '[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\nLinkLocalAddressing=no\n' \
    >"$to/files/etc/systemd/network/10-any.network"
  install -m 755 "$HERE/passphrase.sh" "$to/files/usr/local/sbin/passphrase"
  # A disk that takes minutes to appear under emulation is not a disk that is missing.
  mkdir -p "$to/files/etc/systemd/system.conf.d"
  printf '[Manager]\nDefaultDeviceTimeoutSec=1800\nDefaultTimeoutStartSec=1800\n' >"$to/files/etc/systemd/system.conf.d/patient.conf"
  printf 'auditor ALL=(root) NOPASSWD: /usr/local/sbin/enc-audit-facts ""\n' >"$to/files/etc/sudoers.d/auditor"
  tar -C "$to" --owner=0 --group=0 -cf "$GUESTS/$guest/seed.img" .
  truncate -s '>4M' "$GUESTS/$guest/seed.img" && truncate -s %512 "$GUESTS/$guest/seed.img"
}

initrd() { # the common one, and an archive with the guest's crypttab: aligned, and without /bin, which is a link there
  local guest=$1 to=$GUESTS/$1/initrd-files
  rm -rf "$to" && mkdir -p "$to/cryptroot"
  case $guest in
    luks | plainswap)
      local key=luks,keyscript=/cryptroot/passphrase
      printf '%s\n' "cryptroot UUID=11111111-1111-4111-8111-111111111111 none $key" \
        "records_crypt UUID=22222222-2222-4222-8222-222222222222 none $key" >"$to/cryptroot/crypttab"
      install -m 755 "$HERE/passphrase.sh" "$to/cryptroot/passphrase"
      {
        cat "$GUESTS/initrd"
        head -c $(((512 - $(stat -c %s "$GUESTS/initrd") % 512) % 512)) /dev/zero
        (cd "$to" && find . | cpio -o -H newc --quiet -R 0:0)
      } >"$GUESTS/$guest/initrd"
      ;;
    *) cp "$GUESTS/initrd" "$GUESTS/$guest/initrd" ;;
  esac
}

build() {
  local guest=$1 began=$SECONDS
  mkdir -p "$GUESTS/$guest" && seed "$guest" && cd "$GUESTS/$guest"
  rm -f a.img b.img c.img && truncate -s 1700M a.img && truncate -s "${SECOND[$guest]}" b.img
  local third && mapfile -t third < <(paths "$guest" 1)
  timeout 3600 bash -c "$(declare -f qemu accelerator); GUESTS=$GUESTS; qemu \"\$@\"" qemu \
    -nographic -m 1024 -serial file:build.log -net none -kernel ../vmlinuz -initrd ../initrd \
    -append 'console=ttyS0 root=/dev/vda rw quiet panic=-1 init=/usr/local/sbin/builder-init' \
    -drive file=../base.img,if=virtio,format=raw,snapshot=on,file.locking=off -drive file=seed.img,if=virtio,format=raw,readonly=on \
    -drive file=a.img,if=virtio,format=raw,discard=unmap -drive file=b.img,if=virtio,format=raw,discard=unmap \
    -drive file=../base.img,if=virtio,format=raw,readonly=on,file.locking=off "${third[@]}" </dev/null
  grep -q BUILDER-DONE build.log || { say "$guest was not built: $GUESTS/$guest/build.log"; tail -20 build.log >&2; return 1; }
  initrd "$guest"
  grep -a -o 'BUILDER-ROOT=.*' build.log | tail -1 | tr -d '\r' | cut -d= -f2- >root
  say "$guest: built in $((SECONDS - began)) s, $(du -ch a.img b.img | tail -1 | cut -f1) on disk"
}

up() {
  local guest=$1 began=$SECONDS
  cd "$GUESTS/$guest"
  local third && mapfile -t third < <(paths "$guest" 2)
  qemu -display none -m "$MEMORY" -daemonize -pidfile pid -serial file:console.log -name "guest-$guest" \
    -kernel ../vmlinuz -initrd initrd -append "console=ttyS0 root=$(cat root) ro panic=-1" \
    -fw_cfg name=opt/guests/passphrase,string="$PASSPHRASE" \
    -drive file=a.img,if=virtio,format=raw -drive file=b.img,if=virtio,format=raw -device virtio-net-pci,netdev=n0 \
    -netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:${PORT[$guest]}-:22" "${third[@]}"
  until into "$guest" true 2>/dev/null; do
    kill -0 "$(cat pid)" 2>/dev/null && [ $((SECONDS - began)) -lt 1800 ] || { say "$guest: no sshd"; tail -5 console.log >&2; return 1; }
    sleep 2
  done
  say "$guest: sshd answers after $((SECONDS - began)) s"
}

into() {
  local guest=$1 && shift
  ssh -q -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$GUESTS/known_hosts" -o ConnectTimeout=5 \
    -o IdentitiesOnly=yes -i "$GUESTS/identity" -p "${PORT[$guest]}" "${AS:-audit}@127.0.0.1" "$@"
}

down() {
  local guest=$1 pid i
  pid=$(cat "$GUESTS/$guest/pid" 2>/dev/null) || return 0
  AS=root into "$guest" 'systemctl poweroff' 2>/dev/null || true
  for i in $(seq 45); do kill -0 "$pid" 2>/dev/null || break; sleep 1; done
  kill "$pid" 2>/dev/null || true
  rm -f "$GUESTS/$guest/pid"
}

command=${1:-}
[ $# -gt 0 ] && shift
case $command in
  base) base ;;
  build) for guest in "$@"; do build "$guest"; done ;;
  up) up "$1" ;;
  down) down "$1" ;;
  ssh) into "$@" ;;
  where) echo "${PORT[$1]} $GUESTS/identity $GUESTS/known_hosts" ;;
  *) sed -n '2,15p' "${BASH_SOURCE[0]}"; exit 2 ;;
esac
