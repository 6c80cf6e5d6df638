#!/bin/sh
# Packs what a machine with a GPU, but no JDK and no Maven, needs to test, measure and train: a small Java runtime with fonts,
# the classes, jars and kernels, in bench/target/gpu, and the same as an archive beside it, bench/target/gpu.tar.xz. Run it
# after `mvn install -DskipTests '-Dcuda.arch=80;90'` (the GPU's architecture), then carry the archive with the tree: run.sh
# unpacks it. softcuda is not in it. It must not take more than LIMIT_MIB (64).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/bench/target/gpu
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}
# shellcheck disable=SC2086
maven() { (cd "$root" && mvn -q -B ${MAVEN_FLAGS:-} "$@"); }

rm -rf "$out"
mkdir -p "$out/lib"
"$java/bin/jlink" --add-modules java.base,java.instrument,java.logging,java.desktop,java.management,java.naming,java.xml,jdk.management,jdk.unsupported \
    --strip-debug --no-header-files --no-man-pages --output "$out/jre"
strip --strip-unneeded "$out"/jre/lib/*.so "$out"/jre/lib/server/*.so 2>/dev/null || true

# Text without the machine's fonts and fontconfig: Java takes what its own folder has. FreeType is the system's in some JDKs.
mkdir -p "$out/jre/lib/fonts"
fonts=$(fc-list 2>/dev/null | sed -n 's/^\(.*\/DejaVuSans\(-Bold\)\{0,1\}\.ttf\):.*/\1/p' | sort -u)
[ -n "$fonts" ] || { echo "pack.sh: DejaVu Sans was looked for by fc-list and not found: install fonts-dejavu-core" >&2; exit 1; }
echo "$fonts" | while read -r font; do cp "$font" "$out/jre/lib/fonts/"; done
{
    echo "version=1"
    for family in serif sansserif monospaced dialog dialoginput; do
        for style in plain italic; do echo "$family.$style.latin-1=DejaVu Sans"; done
        for style in bold bolditalic; do echo "$family.$style.latin-1=DejaVu Sans Bold"; done
    done
    echo "sequence.allfonts=latin-1"
    echo "filename.DejaVu_Sans=\$JRE_LIB_FONTS/DejaVuSans.ttf"
    echo "filename.DejaVu_Sans_Bold=\$JRE_LIB_FONTS/DejaVuSans-Bold.ttf"
} >"$out/jre/lib/fontconfig.properties"
ldd "$out/jre/lib/libfontmanager.so" | sed -n 's/.*=> \(\/[^ ]*lib\(freetype\|harfbuzz\|png\|brotli\|graphite\|bz2\)[^ ]*\) .*/\1/p' |
    while read -r library; do cp -L "$library" "$out/jre/lib/"; done

maven dependency:copy-dependencies -pl java/core,java/cublas,java/cudnn,java/measure,java/cli -DincludeScope=test \
    -DexcludeGroupIds=io.zoetrope,com.code-intelligence,com.tngtech.archunit -DoutputDirectory="$out/lib"
maven dependency:copy -pl bench -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.1 -DoutputDirectory="$out"
ls "$out"/lib/byte-buddy-*.jar >/dev/null
copy() {
    mkdir -p "$out/$2"
    cp -R "$root/$1/." "$out/$2/"
}
copy java/core/target/classes core/target/classes
copy java/core/target/test-classes core/target/test-classes
copy java/cublas/target/classes cublas
copy java/cudnn/target/classes cudnn
copy java/measure/target/classes measure
copy java/cli/target/classes cli
copy bench/target/classes bench
copy native/target/classes native
copy cuda/target/classes cuda
git -C "$root" log -1 --format=%h >"$out/commit" 2>/dev/null || true

tar -C "$out/.." --exclude=libcuda.so.1 -cf - gpu | xz -T0 -6 >"$out.tar.xz"
mebibytes=$(du -sm --apparent-size "$out.tar.xz" | cut -f1)
echo "packed $(du -sm "$out" | cut -f1) MiB in $out, $mebibytes MiB in $out.tar.xz"
[ "$mebibytes" -le "${LIMIT_MIB:-64}" ] || { echo "pack.sh: that is more than ${LIMIT_MIB:-64} MiB: build for fewer architectures (-Dcuda.arch)" >&2; exit 1; }
