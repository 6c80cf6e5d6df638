#!/bin/sh
# Compiles the kernels and writes their manifests: build.sh TARGET_DIR ARCHITECTURES. Only what changed is made again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && target=$(cd "$1" && pwd)
architectures=$2

nvcc=$(sh "$here/tools.sh")
cmake -S "$here" -B "$target/build" -DNVCC="$nvcc" -DARCHITECTURES="$architectures" -DOUTPUT="$target/classes/kernels" \
    --log-level=WARNING >/dev/null
cmake --build "$target/build" --parallel "$(nproc)" -- --no-print-directory -s
