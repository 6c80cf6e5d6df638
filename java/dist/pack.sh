#!/bin/sh
# pack.sh JAVA_HOME APP TARGET VERSION TIMESTAMP: makes TARGET/zoetrope-VERSION-linux-x86_64.tar.gz of the jars in APP, a Java
# runtime of what they use, the libraries that the runtime asks for, a font, and the launcher.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
java=$1 app=$2 target=$3 version=$4 timestamp=$5
name=zoetrope-$version-linux-x86_64
home=$target/$name

fail() {
    echo "zoetrope: $*" >&2
    exit 1
}

# What jdeps finds in the jars, and jdk.crypto.ec for downloads.
modules=java.base,java.desktop,java.management,java.naming,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.unsupported
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
[ -d "$java/jmods" ] || fail "$java/jmods was looked for and not found: build with a JDK that has its modules as files"
[ -e "$font" ] || fail "$font was looked for and not found: apt-get install fonts-dejavu-core"

rm -rf "$home"
mkdir -p "$home"
"$java/bin/jlink" --module-path "$java/jmods" --add-modules "$modules" --output "$home/runtime" \
    --strip-java-debug-attributes --no-header-files --no-man-pages --compress=2

# The runtime's own libraries may ask for others of this machine: all but glibc's go along, where the linker looks first.
libraries=$home/runtime/lib
# Neither windows nor sound devices are used.
rm -f "$libraries/libawt_xawt.so" "$libraries/libjawt.so" "$libraries/libsplashscreen.so" "$libraries/libjsound.so"
ours=$(find "$libraries" -name '*.so')
# shellcheck disable=SC2086 # names of a JDK have no spaces
ldd $ours | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | grep -v "^$home" | sort -u >"$target/needed.txt"
while IFS= read -r library; do
    case ${library##*/} in
    ld-linux*.so.* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.*) ;;
    *) cp -L "$library" "$libraries/" ;;
    esac
done <"$target/needed.txt"

# Java asks fontconfig for fonts, which a bare machine lacks: this file says which there are instead.
mkdir -p "$libraries/fonts"
cp -L "$font" "$libraries/fonts/"
cp "$here/fontconfig.properties" "$libraries/"

mkdir -p "$home/lib"
cp "$app"/*.jar "$home/lib/"
cp "$root/zoetrope" "$root/LICENSE" "$root/README.md" "$home/"
cp "$here/NOTICE" "$home/"
tar --sort=name --mtime="$timestamp" --owner=0 --group=0 --numeric-owner -C "$target" -cf - "$name" |
    gzip -n -9 >"$target/$name.tar.gz"
