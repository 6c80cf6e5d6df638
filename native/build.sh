#!/bin/sh
# Builds or tests the native code: build.sh build TARGET_DIR JAVA_HOME, or build.sh test TARGET_DIR. Only what changed is
# compiled again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
action=$1
mkdir -p "$2" && target=$(cd "$2" && pwd)

sh "$here/tools.sh"
case $action in
build)
    cmake -S "$here" -B "$target/build" -DCMAKE_BUILD_TYPE=Release \
        -DSOFTCUDA_OUTPUT="$target/classes/natives/linux-x86_64" -DZOETROPE_JAVA_HOME="$3" --log-level=WARNING >/dev/null
    cmake --build "$target/build" --target softcuda zoetrope_bridge vendor --parallel "$(nproc)" -- --no-print-directory -s
    ;;
test)
    cmake --build "$target/build" --parallel "$(nproc)" -- --no-print-directory -s
    ctest --test-dir "$target/build" --output-on-failure --parallel "$(nproc)" --output-junit "$target/ctest.xml"
    ;;
*)
    echo "build.sh: '$action': expected build or test" >&2
    exit 2
    ;;
esac
