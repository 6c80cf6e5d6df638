#!/bin/sh
# Looks for what compiling the kernels needs and prints where nvcc is. For each tool that is missing, a line says where it was
# looked for and how to point at it.
status=0
sh "$(dirname "$0")/../native/tools.sh" cmake make c++ || status=1
nvcc=
for candidate in "${CUDA_HOME:-}/bin/nvcc" "$(command -v nvcc 2>/dev/null || true)" /usr/local/cuda/bin/nvcc; do
    if [ -x "$candidate" ]; then nvcc=$candidate; break; fi
done
[ -n "$nvcc" ] || {
    echo "zoetrope: nvcc was looked for in CUDA_HOME (${CUDA_HOME:-not set}), on PATH ($PATH) and in /usr/local/cuda/bin and not found: install the CUDA toolkit 12 or 13 and set CUDA_HOME to its folder" >&2
    status=1
}
echo "$nvcc"
exit "$status"
