#!/bin/sh
# portable.sh LIBRARY: the library asks for nothing newer than glibc 2.28, and for no library but libc and libdl.
set -eu
newest=$(objdump -T "$1" | sed -n 's/.*(GLIBC_\([0-9.]*\)).*/\1/p' | sort -V | tail -n 1)
[ -n "$newest" ] || { echo "no symbol of glibc found in $1" >&2; exit 1; }
[ "$(printf '%s\n2.28\n' "$newest" | sort -V | tail -n 1)" = 2.28 ] || {
    echo "$1 needs glibc $newest, expected at most 2.28:" >&2
    objdump -T "$1" | grep -F "GLIBC_$newest" >&2
    exit 1
}
needed=$(objdump -p "$1" | sed -n 's/^ *NEEDED *//p' | sort | tr '\n' ' ')
[ "$needed" = "libc.so.6 libdl.so.2 " ] || { echo "$1 needs $needed, expected libc.so.6 libdl.so.2" >&2; exit 1; }
