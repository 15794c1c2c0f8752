#!/bin/sh
# Root's facts about the encryption of this server's disks, for the encryption auditor. Takes no argument, reads no
# input, writes no file, opens no volume. It prints no key, no salt, no digest and no blob: of a mapping's key its length,
# of a LUKS header the lines that are named below and no others, of a drive whether it locks. `auditor server-helper` prints it, and how to install it.
#
# shellcheck shell=sh
# shellcheck disable=SC2086 # $WITHIN and $ask are several words

[ "$#" -eq 0 ] || { echo 'enc-audit-facts takes no arguments' >&2; exit 2; }
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
exec </dev/null 2>/dev/null
WITHIN=''
if timeout 1 true; then WITHIN='timeout 20'; fi

# Every line of content begins with a blank, so that no file can forge a heading.
heading() { printf '== %s\n' "$*"; }
content() { head -c 262144 | sed -e 's/^/ /'; }

# Field 6 of a crypt target is its key: zeros of its length, or a reference to the kernel's keyring with its bytes.
tables() {
  $WITHIN dmsetup table | awk '
    $4 != "crypt" { print $1, $2, $3, $4; next }
    {
      bits = "unknown"
      if ($6 == "-") bits = 0
      else if ($6 ~ /^:[0-9]+:/) { split($6, part, ":"); bits = part[2] * 8 }
      else if ($6 ~ /^[0-9a-fA-F]+$/) bits = length($6) * 4
      integrity = ""
      for (i = 7; i <= NF; i++) if ($i ~ /^integrity:/) integrity = $i
      print $1, $2, $3, $4, $5, "bits=" bits, integrity
    }'
}

KNOWN='^(Version|Cipher name|Cipher mode|Hash spec|MK bits|UUID|Flags|Requirements|Data segments|Keyslots|Tokens|Digests):'
SLOTS='^Key Slot [0-9]+: (ENABLED|DISABLED)$|^[[:space:]]+[0-9]+: [a-z0-9-]+( \(unbound\))?$'
PARTS='^[[:space:]]+(Key|Cipher|Cipher key|PBKDF|Hash|Iterations|Time cost|Memory|Threads|cipher|integrity|Keyslot|tpm2-pin):'

headers() {
  for device in /sys/class/block/*; do
    name=${device##*/}
    case $name in ram[0-9]*) continue ;; esac
    $WITHIN cryptsetup isLuks "/dev/$name" || continue
    header "$name" "/dev/$name"
  done
}

# header NAME PATH
header() {
  heading luksdump "$1"
  $WITHIN cryptsetup luksDump "$2" | grep -E -e "$KNOWN" -e "$SLOTS" -e "$PARTS" | content
}

# The files that crypttab names as keys and headers: whose they are, and a detached header's own lines.
keys() {
  grep -v '^[[:space:]]*#' /etc/crypttab | while read -r _ _ key options _; do
    case $key in /dev/*) ;; /*) stat -c 'key owner=%u mode=%a path=%n' "$key" | content ;; esac
    case ,$options in
      *,header=/*)
        path=${options##*header=}
        path=${path%%,*}
        stat -c 'header owner=%u mode=%a path=%n' "$path" | content
        ;;
    esac
  done
}

detached() {
  grep -v '^[[:space:]]*#' /etc/crypttab | while read -r _ _ _ options _; do
    case ,$options in
      *,header=/*)
        path=${options##*header=}
        path=${path%%,*}
        if $WITHIN cryptsetup isLuks "$path"; then header "$path" "$path"; fi
        ;;
    esac
  done
}

# What a drive that encrypts by itself tells to everybody, without a password: is locking switched on at all?
locking() {
  case $1 in /dev/nvme*) more='nvme sed discover' ;; *) more=false ;; esac
  for ask in 'sedutil-cli --query' "$more"; do
    told=$(${WITHIN:+timeout 5} $ask "$1" |
      grep -o -E '(LockingEnabled|MediaEncrypt) = [YN]|Locking Feature Enabled: +(Yes|No)')
    if [ -n "$told" ]; then
      printf '%s\n' "$told"
      return
    fi
  done
}

drives() {
  for disk in /sys/block/*; do
    [ -e "$disk/device" ] || continue
    name=${disk##*/}
    told=$(locking "/dev/$name")
    [ -n "$told" ] || continue
    heading drive "$name"
    printf '%s\n' "$told" | content
  done
}

heading dmtable
if command -v dmsetup >/dev/null; then tables | content; else echo ' no dmsetup'; fi
heading crypttab
if [ -e /etc/crypttab ]; then content </etc/crypttab; fi
heading keyfiles
keys
heading initramfs
sed -n 's/^[[:space:]]*KEYFILE_PATTERN=//p' /etc/cryptsetup-initramfs/conf-hook | content
headers
detached
drives
heading end
