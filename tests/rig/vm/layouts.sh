# How the three plain guests lie on their disks. Each sets ROOT, mounts it at $T, and writes fstab and crypttab.

UUID_OF_ROOT=11111111-1111-4111-8111-111111111111 UUID_OF_DATA=22222222-2222-4222-8222-222222222222
QUICK="--batch-mode --key-file $KEY --pbkdf-memory 32768 --pbkdf-force-iterations 4 --pbkdf-parallel 1"
FROM_OUTSIDE=luks,keyscript=/usr/local/sbin/passphrase,initramfs

locked() { # locked DEVICE UUID NAME: format as LUKS2 and open
  cryptsetup luksFormat --type luks2 --uuid "$2" $QUICK "$1"
  cryptsetup open --key-file $KEY "$1" "$3"
}

value() { blkid -s "$1" -o value "$2"; }

records() { # a data disk of its own, LUKS2
  locked $B $UUID_OF_DATA records_crypt
  mkfs.ext4 -q /dev/mapper/records_crypt
  line fstab "/dev/mapper/records_crypt /srv/records ext4 defaults 0 2"
  line crypttab "cryptroot UUID=$UUID_OF_ROOT none $FROM_OUTSIDE"
  line crypttab "records_crypt UUID=$UUID_OF_DATA none $FROM_OUTSIDE"
}

layout_luks() { # ESP, /boot, and LUKS2 with LVM in it: root and swap
  printf 'label: gpt\nsize=64M,type=U\nsize=200M\n,\n' | sfdisk -q $A
  udevadm settle
  mkfs.vfat -n ESP ${A}1 && mkfs.ext4 -q ${A}2
  locked ${A}3 $UUID_OF_ROOT cryptroot
  pvcreate -q /dev/mapper/cryptroot && vgcreate -q vg-city /dev/mapper/cryptroot
  lvcreate -q -Wn -n swap -L 128M vg-city && lvcreate -q -Wn -n root -l 100%FREE vg-city
  udevadm settle
  mkswap -q /dev/vg-city/swap
  ROOT=/dev/mapper/vg--city-root
  rooted $ROOT
  mount ${A}2 $T/boot && mkdir $T/boot/efi
  line fstab "$ROOT / ext4 defaults 0 1"
  line fstab "UUID=$(value UUID ${A}2) /boot ext4 defaults 0 2"
  line fstab "UUID=$(value UUID ${A}1) /boot/efi vfat umask=0077 0 2"
  line fstab "/dev/mapper/vg--city-swap none swap sw 0 0"
  records
}

layout_plain() { # nothing encrypted
  printf 'label: gpt\nsize=128M,type=S\n,\n' | sfdisk -q $A
  udevadm settle
  mkswap -q ${A}1 && mkfs.ext4 -q $B
  rooted ${A}2
  ROOT=UUID=$(value UUID ${A}2)
  line fstab "$ROOT / ext4 defaults 0 1"
  line fstab "UUID=$(value UUID ${A}1) none swap sw 0 0"
  line fstab "UUID=$(value UUID $B) /srv/records ext4 defaults 0 2"
}

layout_plainswap() { # LUKS2 root and data, swap beside them in the clear
  printf 'label: gpt\nsize=200M\nsize=128M,type=S\n,\n' | sfdisk -q $A
  udevadm settle
  mkfs.ext4 -q ${A}1 && mkswap -q ${A}2
  locked ${A}3 $UUID_OF_ROOT cryptroot
  ROOT=/dev/mapper/cryptroot
  rooted $ROOT
  line fstab "$ROOT / ext4 defaults 0 1"
  line fstab "UUID=$(value UUID ${A}1) /boot ext4 defaults 0 2"
  line fstab "UUID=$(value UUID ${A}2) none swap sw 0 0"
  records
}
