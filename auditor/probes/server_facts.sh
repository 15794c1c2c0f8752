# Read-only facts about block devices, mounts, swap and where data lies, for `sh -s MARKER`. POSIX sh; no file written.
# No root, unless the inventory grants the tier `privileged`: then ASKED, near the end, says so, and one helper is run.
#
# Every section is framed by `MARKER BEGIN name` and `MARKER END name rc=N`; `MARKER DONE` comes last. MARKER is
# random per run. rc: 0 read, 126 may not be read, 127 is not there, 124 took too long, other numbers failed.
# A section that grows past LIMIT bytes loses its END line, which the reader takes as "truncated".
# shellcheck shell=sh
# shellcheck disable=SC2086 # $WITHIN is two words or none

LIMIT=1048576
LC_ALL=C
LINE_END='
'
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

# text VALUE: on one line, with spaces and backslashes as octal escapes; a second line leaves a \012 behind.
text() {
  case $1 in
    *"$LINE_END"*) printf '%s\\012\n' "${1%%"$LINE_END"*}" ;;
    *' '* | *'	'* | *\\*) printf '%s\n' "$1" | sed -e 's/\\/\\134/g' -e 's/ /\\040/g' -e 's/	/\\011/g' ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# of_zfs NAME [ARGUMENT]...: where the kernel knows ZFS. Its tools fail without it, which is no news of a data set.
of_zfs() {
  [ -e /dev/zfs ] || return 127
  tool "$@"
}

# field KEY PATH: ` KEY=value` of a one-line sysfs file.
# A second line (a file name may hold a newline) leaves a \012 behind, so that nobody mistakes the value for whole.
field() {
  value='' more=''
  if [ -r "$2" ]; then
    {
      IFS= read -r value
      if IFS= read -r more || [ -n "$more" ]; then more=yes; fi
    } <"$2"
  fi
  case $value in *' '* | *'	'* | *\\*) value=$(text "$value") ;; esac
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

# device_above PATH: the kernel name of the device whose directory in sysfs PATH leads into.
device_above() {
  real=$(readlink -f "$1") || return 0
  real=${real%/bcache}
  printf '%s,' "${real##*/}"
}

# `bcache0 device,device,`: the device behind each bcache device, and the caches of its set.
bcache_members() {
  for disk in /sys/block/bcache*; do
    [ -e "$disk/bcache" ] || continue
    printf '%s ' "${disk##*/}"
    device_above "$disk/bcache"
    for cache in "$disk"/bcache/cache/cache[0-9]*; do
      if [ -e "$cache" ]; then device_above "$cache"; fi
    done
    printf '\n'
  done
}

# What udev found on each device. The columns of older versions come later: TRAN since 2.23, PARTTYPE since 2.24.
signatures() {
  command -v lsblk >/dev/null 2>&1 || return 127
  for columns in KNAME,FSTYPE,PARTTYPE,TRAN KNAME,FSTYPE,TRAN KNAME,FSTYPE NAME,FSTYPE; do
    $WITHIN lsblk -P -o "$columns"
    ended=$?
    case $ended in 0 | 124) return "$ended" ;; esac
  done
  return "$ended"
}

# The words of the kernel's command line that are about disks; others may hold what is nobody's business.
command_line() {
  [ -r /proc/cmdline ] || return 126
  read -r words </proc/cmdline
  set -f
  for word in $words; do
    case $word in root=* | resume=* | resume_offset=* | noresume | nohibernate | fips=*) printf '%s\n' "$word" ;; esac
  done
  set +f
}

# It answers with 1 on real hardware.
virtualisation() {
  tool systemd-detect-virt
  case $? in 124) return 124 ;; 127) return 127 ;; *) return 0 ;; esac
}

# directory USE PATH: where it is, if it is one, and whether this login may look into it. A path may lie on a network
# that does not answer, so every question has an end.
directory() {
  $WITHIN test -d "$2" || return 0
  real=$($WITHIN readlink -f "$2") || return 0
  if [ -r "$real" ] && [ -x "$real" ]; then is_open=1; else is_open=0; fi
  printf 'use=%s open=%s path=' "$1" "$is_open"
  text "$real"
}

# named USE KEY SIGN FILE...: the directories that settings name: `KEY SIGN /path`, quoted or not.
named() {
  named_use=$1 key=$2 sign=$3
  shift 3
  sed -n "s/^[[:space:]]*${key}[[:space:]]*${sign}[[:space:]]*[\"']\\{0,1\\}\\(\\/[^\"'#]*\\).*/\\1/p" "$@" |
    sed 's/[[:space:]]*$//' |
    while IFS= read -r path; do directory "$named_use" "$path"; done
}

# Where databases, dumps and temporary files lie.
directories() {
  for path in /var/lib/postgresql /var/lib/pgsql /var/lib/postgres; do directory postgresql "$path"; done
  named postgresql data_directory = /etc/postgresql/*/*/postgresql.conf
  for path in /var/lib/mysql /var/lib/mariadb; do directory mysql "$path"; done
  named mysql datadir = /etc/my.cnf /etc/my.cnf.d/*.cnf /etc/mysql/my.cnf /etc/mysql/*.d/*.cnf
  directory mssql /var/opt/mssql
  named mssql defaultdatadir = /var/opt/mssql/mssql.conf
  for path in /var/lib/mongodb /var/lib/mongo; do directory mongodb "$path"; done
  named mongodb dbPath : /etc/mongod.conf /etc/mongodb.conf
  for path in /backup /backups /srv/backup /srv/backups; do directory backup "$path"; done
  for path in /tmp /var/tmp; do directory temporary "$path"; done
  for path in /var/crash /var/lib/systemd/coredump; do directory crash "$path"; done
  named crash KDUMP_COREDIR = /etc/default/kdump-tools
  named crash path '' /etc/kdump.conf
  return 0
}

# Mount points, escaped as in mountinfo, that hold fscrypt's directory. Local file systems only: others may not answer.
fscrypt_directories() {
  sed -n -e '/ - ext4 /p' -e '/ - f2fs /p' /proc/self/mountinfo |
    while read -r _ _ _ _ point _; do
      if [ -d "$point/.fscrypt" ]; then printf '%s\n' "$point"; fi
    done
  return 0
}

# Who owns the helper and the directories above it, and what it is.
helper() {
  [ -e "$HELPER" ] || return 127
  for path in / /usr /usr/local /usr/local/sbin "$HELPER"; do $WITHIN stat -c '%n owner=%u mode=%a' "$path"; done
  [ -r "$HELPER" ] || return 126
  sha256sum <"$HELPER"
}

# Root's facts, where the inventory grants them: the one program that the login may run as root, never with a prompt.
# It comes last and ends before the look does, so that a slow one costs nothing but its own facts.
privileged() {
  [ -e "$HELPER" ] || return 127
  command -v sudo >/dev/null 2>&1 || return 127
  ${WITHIN:+timeout 45} sudo -n "$HELPER"
}

main() {
  MARKER=$1
  WITHIN=''
  HELPER=/usr/local/sbin/enc-audit-facts
  if timeout 1 true >/dev/null 2>&1; then WITHIN='timeout 15'; fi
  section uname uname -srm
  section dmi machine
  section virt virtualisation
  section sysblk block_devices
  section mountinfo file /proc/self/mountinfo
  section swaps file /proc/swaps
  section resume file /sys/power/resume
  section power file /sys/power/state
  section cmdline command_line
  section crypto file /proc/crypto
  section fips file /proc/sys/crypto/fips_enabled
  section btrfs btrfs_members
  section bcache bcache_members
  section lsblk signatures
  section crypttab file /etc/crypttab
  section corepattern file /proc/sys/kernel/core_pattern
  section directories directories
  section fscrypt fscrypt_directories
  properties=encryption,keystatus,encryptionroot,mounted,mountpoint
  section zfs of_zfs zfs get -H -p -t filesystem,volume -o name,property,value "$properties"
  section zpool of_zfs zpool status -P -L
  if [ "$ASKED" = privileged ]; then
    section helper helper
    section privileged privileged
  fi
  printf '\n%s DONE\n' "$MARKER"
}

# The shell has read all of `main` before it runs it, so half a script does nothing. Every command inside gets an
# empty standard input: nothing can eat the script or wait for an answer.
ASKED=nightly
main "$1" </dev/null
exit 0
