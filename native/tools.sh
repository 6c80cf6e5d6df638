#!/bin/sh
# Looks for what compiling softcuda and the bridge needs. For each tool that is missing, a line says where it was looked for and how to point
# at it.
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
c_compiler=${CC:-cc}
command -v "${c_compiler%% *}" >/dev/null 2>&1 || {
    echo "zoetrope: $c_compiler was looked for on PATH ($PATH) and not found: install gcc (apt-get install gcc libc6-dev), or name another C compiler in CC" >&2
    status=1
}
exit "$status"
