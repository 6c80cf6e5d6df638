#!/bin/sh
# compile.sh SOURCE PTX: compiles a kernel to PTX for compute capability 8.0 and later, where it is newer.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ -e "$2" ] && [ -z "$(find "$1" -newer "$2")" ] && exit 0
nvcc=$(sh "$here/../../cuda/tools.sh")
mkdir -p "$(dirname "$2")"
"$nvcc" -ptx -arch=compute_80 -o "$2" "$1"
