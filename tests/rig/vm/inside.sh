# Runs in the builder guest: vda is the base (its own root, thrown away), vdb the seed, vdc and vdd the disks that are
# made, vde the base again, to be copied. The guest that is made has its disks as vda and vdb.
set -eux
cd /tmp/seed
GUEST=$(cat guest)
A=/dev/vdc B=/dev/vdd T=/tmp/target KEY=/tmp/seed/key
mkdir -p $T
fstab='' crypttab='' ROOT=''
. ./layouts.sh
. ./zoo.sh

line() { # line VARIABLE TEXT: add a line to fstab or crypttab
  case $1 in
    fstab) fstab="$fstab$2
" ;;
    crypttab) crypttab="$crypttab$2
" ;;
  esac
}

rooted() { # rooted DEVICE: the base on it, mounted at the target
  e2image -ra /dev/vde "$1"
  mount "$1" $T
}

"layout_$GUEST"

cp -a /tmp/seed/files/. $T/
chown -R 0:0 $T/etc/ssh $T/etc/sudoers.d $T/usr/local/sbin $T/root
chmod 440 $T/etc/sudoers.d/auditor
if [ -f /tmp/mdadm.conf ]; then cp /tmp/mdadm.conf $T/etc/mdadm/mdadm.conf; fi
printf '%s' "$fstab" >$T/etc/fstab
if [ -n "$crypttab" ]; then printf '%s' "$crypttab" >$T/etc/crypttab; fi
echo "$GUEST" >$T/etc/hostname
echo "127.0.0.1 localhost $GUEST" >$T/etc/hosts
for home in home/audit home/auditor root; do install -m 644 authorized_keys $T/$home/.ssh/; done
rm -f $T/usr/local/sbin/builder-init
sync
umount -R $T || umount -lR $T
sync
take_apart() {
  for cached in /sys/block/bcache*; do [ ! -e $cached ] || echo 1 >$cached/bcache/stop || true; done
  for set in /sys/fs/bcache/*-*; do [ ! -e $set ] || echo 1 >$set/stop || true; done
  sleep 2
  for mapping in $(ls /dev/mapper | grep -v control); do dmsetup remove --retry $mapping || true; done
  vgchange -q -an || true
}
take_apart
take_apart
mdadm --stop /dev/md0 || true
echo "BUILDER-ROOT=$ROOT"
