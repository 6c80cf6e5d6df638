#!/bin/sh
# portable.sh LIBRARY NEEDED...: the library asks for nothing newer than glibc 2.28, and for no libraries but those
# named, in the order of the alphabet.
set -eu
library=$1
shift
newest=$(objdump -T "$library" | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -V | tail -n 1)
[ -n "$newest" ] || { echo "no symbol of glibc found in $library" >&2; exit 1; }
[ "$(printf '%s\n2.28\n' "$newest" | sort -V | tail -n 1)" = 2.28 ] || {
    echo "$library needs glibc $newest, expected at most 2.28:" >&2
    objdump -T "$library" | grep -F "GLIBC_$newest" >&2
    exit 1
}
needed=$(objdump -p "$library" | sed -n 's/^ *NEEDED *//p' | LC_ALL=C sort | tr '\n' ' ')
[ "$needed" = "$* " ] || { echo "$library needs $needed, expected $*" >&2; exit 1; }
