#!/bin/sh
# Compiles the kernels: build.sh TARGET_DIR ARCHITECTURES. Only what changed is compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && target=$(cd "$1" && pwd)
architectures=$2

command -v cmake >/dev/null 2>&1 || {
    echo "zoetrope: cmake was looked for on PATH ($PATH) and not found: install it (apt-get install cmake)" >&2
    exit 1
}
nvcc=
for candidate in "${CUDA_HOME:-}/bin/nvcc" "$(command -v nvcc 2>/dev/null || true)" /usr/local/cuda/bin/nvcc; do
    if [ -x "$candidate" ]; then nvcc=$candidate; break; fi
done
[ -n "$nvcc" ] || {
    echo "zoetrope: nvcc was looked for in CUDA_HOME (${CUDA_HOME:-not set}), on PATH and in /usr/local/cuda/bin and not found: install the CUDA toolkit 12 or 13 and set CUDA_HOME to its folder" >&2
    exit 1
}
cmake -S "$here" -B "$target/build" -DNVCC="$nvcc" -DARCHITECTURES="$architectures" -DOUTPUT="$target/classes/kernels" \
    --log-level=WARNING >/dev/null
cmake --build "$target/build" --parallel "$(nproc)" -- --no-print-directory -s
