# The zoo: one of each, most of them opened with a key file that lies on its plain root.

FILE=/etc/keys/data.key
OPEN="--batch-mode --key-file $KEY"
LIGHT="--type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000"

mapped() { # mapped NUMBER NAME OPTIONS...: LUKS on a partition, opened now and by crypttab
  local number=$1 name=$2
  shift 2
  cryptsetup luksFormat $OPEN "$@" $B$number
  cryptsetup open --key-file $KEY $B$number $name
  line crypttab "$name PARTUUID=$(value PARTUUID $B$number) $FILE luks"
}

filled() { # filled DEVICE PLACE: a file system that is mounted there
  mkfs.ext4 -q -E nodiscard "$1"
  line fstab "$1 /srv/$2 ext4 nofail 0 2"
}

layout_zoo() {
  printf 'label: gpt\n,\n' | sfdisk -q $A
  { echo 'label: gpt'; for _ in $(seq 15); do echo 'size=110M'; done; } | sfdisk -q $B
  udevadm settle
  rooted ${A}1
  ROOT=UUID=$(value UUID ${A}1)
  line fstab "$ROOT / ext4 defaults 0 1"
  install -m 600 $KEY $T$FILE
  weak_and_null
  swaps
  several_disks
  odd_headers
  cached
  two_paths
}

weak_and_null() {
  mapped 1 weak --type luks1 -c aes-cbc-essiv:sha256 -s 128 -h sha1 --pbkdf-force-iterations 1000
  filled /dev/mapper/weak weak
  modprobe crypto_null || true
  mapped 2 nullc $LIGHT -c cipher_null-ecb --keyslot-cipher aes-xts-plain64 --keyslot-key-size 512
  filled /dev/mapper/nullc null
}

swaps() { # random-key swap without any header, and a file on the plain root
  line crypttab "rswap PARTUUID=$(value PARTUUID ${B}3) /dev/urandom swap,cipher=aes-xts-plain64,size=512"
  line fstab "/dev/mapper/rswap none swap nofail 0 0"
  dd if=/dev/zero of=$T/swapfile bs=1M count=32 status=none
  chmod 600 $T/swapfile && mkswap -q $T/swapfile
  line fstab "/swapfile none swap nofail 0 0"
}

several_disks() { # LVM and btrfs over an encrypted and a plain partition; LUKS over RAID 1
  mapped 4 spancrypt $LIGHT
  pvcreate -q /dev/mapper/spancrypt ${B}5 && vgcreate -q span /dev/mapper/spancrypt ${B}5
  lvcreate -q -Wn -n data -l 100%FREE span
  udevadm settle
  filled /dev/mapper/span-data span
  mdadm --quiet --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2 --assume-clean ${B}6 ${B}7
  udevadm settle
  cryptsetup luksFormat $OPEN $LIGHT /dev/md0 && cryptsetup open --key-file $KEY /dev/md0 mdcrypt
  line crypttab "mdcrypt UUID=$(cryptsetup luksUUID /dev/md0) $FILE luks"
  filled /dev/mapper/mdcrypt raid
  mdadm --detail --scan >/tmp/mdadm.conf
  mapped 9 btrcrypt $LIGHT
  mkfs.btrfs -q -f -m raid1 -d single /dev/mapper/btrcrypt ${B}10
  line fstab "/dev/mapper/btrcrypt /srv/btr btrfs nofail 0 0"
}

odd_headers() {
  cryptsetup luksFormat $OPEN $LIGHT ${B}8 # never opened
  cryptsetup luksFormat $OPEN $LIGHT --header $T/etc/keys/detached.hdr ${B}11
  cryptsetup open --key-file $KEY --header $T/etc/keys/detached.hdr ${B}11 detached
  line crypttab "detached PARTUUID=$(value PARTUUID ${B}11) $FILE luks,header=/etc/keys/detached.hdr"
  filled /dev/mapper/detached detached
  mapped 12 aead $LIGHT -c aes-xts-plain64 --integrity hmac-sha256
  filled /dev/mapper/aead aead
  mkfs.ext4 -q -L OLD-BACKUP ${B}13 # a file system that nobody mounts
  truncate -s 64M $T/srv/vault.img && cryptsetup luksFormat $OPEN $LIGHT $T/srv/vault.img
  cryptsetup open --key-file $KEY $T/srv/vault.img vault
  line crypttab "vault /srv/vault.img $FILE luks"
  filled /dev/mapper/vault vault
}

cached() { # bcache: LUKS below, and a cache beside it that keeps what is read and written in the clear
  mapped 14 cachedcrypt $LIGHT
  make-bcache --wipe-bcache --bucket 64k -C ${B}15 -B /dev/mapper/cachedcrypt
  for part in ${B}15 /dev/mapper/cachedcrypt; do echo $part >/sys/fs/bcache/register || true; done
  for _ in 1 2 3 4 5 6 7 8; do [ -b /dev/bcache0 ] && break; sleep 1; done
  filled /dev/bcache0 cached
}

two_paths() { # multipath: one disk that two paths lead to, LUKS on its first partition and nothing on its second
  local disk=/dev/sda
  printf 'label: gpt\nsize=110M\nsize=110M\n' | sfdisk -q $disk
  udevadm settle
  cryptsetup luksFormat $OPEN $LIGHT ${disk}1
  cryptsetup open --key-file $KEY ${disk}1 sharedcrypt
  line crypttab "sharedcrypt /dev/mapper/shared-part1 $FILE luks"
  filled /dev/mapper/sharedcrypt shared
  mkfs.ext4 -q -E nodiscard ${disk}2
  line fstab "/dev/mapper/shared-part2 /srv/sharedplain ext4 nofail 0 2"
  cat >$T/etc/multipath.conf <<'CONF'
defaults {
  find_multipaths no
}
blacklist {
  devnode "^(vd|loop|md|dm-|bcache|zram)"
}
multipaths {
  multipath {
    wwid 35000c50015ea71ad
    alias shared
  }
}
CONF
}
