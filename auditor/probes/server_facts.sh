# Read-only facts about block devices, mounts and swap, for `sh -s MARKER`. POSIX sh; no root, no file written.
#
# Every section is framed by `MARKER BEGIN name` and `MARKER END name rc=N`; `MARKER DONE` comes last. MARKER is
# random per run. rc: 0 read, 126 may not be read, 127 is not there, 124 took too long, other numbers failed.
# A section that grows past LIMIT bytes loses its END line, which the reader takes as "truncated".
# shellcheck shell=sh
# shellcheck disable=SC2086 # $WITHIN is two words or none

LIMIT=1048576
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin
export LC_ALL PATH

# section NAME COMMAND [ARGUMENT]...: run COMMAND inside a frame.
section() {
  {
    section_name=$1
    shift
    printf '\n%s BEGIN %s\n' "$MARKER" "$section_name"
    "$@" 2>/dev/null
    printf '\n%s END %s rc=%s\n' "$MARKER" "$section_name" "$?"
  } | head -c "$LIMIT"
}

# file PATH: its content, or why there is none.
file() {
  [ -e "$1" ] || return 127
  [ -r "$1" ] || return 126
  cat "$1"
}

# tool NAME [ARGUMENT]...: run a program that may be missing, for 15 seconds at most where `timeout` is there.
tool() {
  command -v "$1" >/dev/null 2>&1 || return 127
  $WITHIN "$@"
}

# field KEY PATH: ` KEY=value` of a one-line sysfs file, with spaces and backslashes as octal escapes.
# A second line (a file name may hold a newline) leaves a \012 behind, so that nobody mistakes the value for whole.
field() {
  value='' more=''
  if [ -r "$2" ]; then
    {
      IFS= read -r value
      if IFS= read -r more || [ -n "$more" ]; then more=yes; fi
    } <"$2"
  fi
  case $value in
    *' '* | *'	'* | *\\*) value=$(printf '%s\n' "$value" | sed -e 's/\\/\\134/g' -e 's/ /\\040/g' -e 's/	/\\011/g') ;;
  esac
  [ -z "$more" ] || value="$value\\012"
  printf ' %s=%s' "$1" "$value"
}

# slaves DIRECTORY: ` slaves=a,b,` of a device's slaves/, or ` slaves=?` when it cannot be listed.
slaves() {
  if ! [ -d "$1" ] || ! [ -r "$1" ]; then
    printf ' slaves=?'
    return
  fi
  printf ' slaves='
  for slave in "$1"/*; do
    if [ -e "$slave" ] || [ -L "$slave" ]; then printf '%s,' "${slave##*/}"; fi
  done
}

# serial DIRECTORY: ` serial=text` as the disk itself tells it (NVMe, virtio), else its world-wide name (SCSI).
serial() {
  for told in "$1/device/serial" "$1/serial" "$1/device/wwid" "$1/wwid"; do
    if [ -r "$told" ]; then
      field serial "$told"
      return
    fi
  done
}

# One line a disk, then one line each of its partitions.
block_devices() {
  [ -d /sys/block ] || return 127
  [ -r /sys/block ] || return 126
  for disk in /sys/block/*; do
    [ -e "$disk" ] || continue
    kernel_name=${disk##*/}
    case $kernel_name in ram[0-9]*) continue ;; esac
    printf '%s' "$kernel_name"
    field dev "$disk/dev"
    field size "$disk/size"
    field ro "$disk/ro"
    field rm "$disk/removable"
    field dmname "$disk/dm/name"
    field dmuuid "$disk/dm/uuid"
    field md "$disk/md/level"
    field back "$disk/loop/backing_file"
    serial "$disk"
    slaves "$disk/slaves"
    if [ -e "$disk/device" ]; then printf ' hw=1'; else printf ' hw=0'; fi
    if [ -e "$disk/backing_dev" ]; then field zram "$disk/backing_dev"; else printf ' zram=none'; fi
    printf '\n'
    for number in "$disk"/*/partition; do
      [ -e "$number" ] || continue
      partition=${number%/partition}
      printf '%s' "${partition##*/}"
      field dev "$partition/dev"
      field size "$partition/size"
      field ro "$partition/ro"
      printf ' part=%s\n' "$kernel_name"
    done
  done
}

# `UUID device,device,` of each mounted btrfs.
btrfs_members() {
  for filesystem in /sys/fs/btrfs/*-*-*; do
    [ -d "$filesystem/devices" ] || continue
    printf '%s ' "${filesystem##*/}"
    for member in "$filesystem"/devices/*; do
      if [ -e "$member" ] || [ -L "$member" ]; then printf '%s,' "${member##*/}"; fi
    done
    printf '\n'
  done
}

# ` key=value` of what the firmware tells everybody about the machine. Serial numbers there are for root alone.
machine() {
  [ -d /sys/class/dmi/id ] || return 127
  for key in sys_vendor product_name board_asset_tag; do field "$key" "/sys/class/dmi/id/$key"; done
}

main() {
  MARKER=$1
  WITHIN=''
  if timeout 1 true >/dev/null 2>&1; then WITHIN='timeout 15'; fi
  section uname uname -srm
  section dmi machine
  section sysblk block_devices
  section mountinfo file /proc/self/mountinfo
  section swaps file /proc/swaps
  section resume file /sys/power/resume
  section crypto file /proc/crypto
  section btrfs btrfs_members
  section zfs tool zfs get -H -p -t filesystem,volume -o name,property,value encryption,mountpoint
  section zpool tool zpool status -P -L
  printf '\n%s DONE\n' "$MARKER"
}

# The shell has read all of `main` before it runs it, so half a script does nothing. Every command inside gets an
# empty standard input: nothing can eat the script or wait for an answer.
main "$1" </dev/null
exit 0
