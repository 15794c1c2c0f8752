#!/bin/bash
# Process 1 of the builder guest: unpack the seed (vdb), run it, say how it ended, power off.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
modprobe -a loop dm_mod bcache
/lib/systemd/systemd-udevd --daemon
udevadm trigger
udevadm settle
mkdir /tmp/seed && tar xf /dev/vdb -C /tmp/seed
if bash /tmp/seed/inside.sh; then echo BUILDER-DONE; else echo BUILDER-FAILED; fi
sync
echo o >/proc/sysrq-trigger
sleep 10
