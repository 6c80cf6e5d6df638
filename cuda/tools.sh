#!/bin/sh
# Looks for what compiling the kernels needs and prints where nvcc is. For each tool that is missing, a line says where it was
# looked for and how to point at it.
status=0
for tool in cmake make; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "zoetrope: $tool was looked for on PATH ($PATH) and not found: install it (apt-get install $tool)" >&2
        status=1
    }
done
compiler=${CXX:-g++}
command -v "${compiler%% *}" >/dev/null 2>&1 || {
    echo "zoetrope: $compiler was looked for on PATH ($PATH) and not found: install g++ (apt-get install g++), or name another C++ compiler in CXX" >&2
    status=1
}
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
