#!/bin/sh
# tools.sh [TOOL...]: looks for what compiling needs: of cmake, make, c++ and cc those named, or all, which softcuda and the bridge
# need. For each tool that is missing, a line says where it was looked for and how to point at it.
[ $# -gt 0 ] || set -- cmake make c++ cc
status=0
for tool in "$@"; do
    command=$tool help="install $tool (apt-get install $tool)"
    case $tool in
    c++) command=${CXX:-g++} help="install g++ (apt-get install g++), or name another C++ compiler in CXX" ;;
    cc) command=${CC:-cc} help="install gcc (apt-get install gcc libc6-dev), or name another C compiler in CC" ;;
    esac
    command -v "${command%% *}" >/dev/null 2>&1 || {
        echo "zoetrope: $command was looked for on PATH ($PATH) and not found: $help" >&2
        status=1
    }
done
exit "$status"
