#!/bin/sh
# Packs what a machine with a GPU and nvcc, but no JDK and no Maven, needs to test and measure: a small Java runtime,
# the classes and jars, in bench/target/gpu. Run it after `mvn package`, then carry that folder with the tree.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/bench/target/gpu
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}

rm -rf "$out"
mkdir -p "$out/lib"
"$java/bin/jlink" --add-modules java.base,java.logging,java.desktop,java.management,java.xml,jdk.unsupported \
    --strip-debug --no-header-files --no-man-pages --compress=2 --output "$out/jre"
(cd "$root" && mvn -q -B dependency:copy-dependencies -pl java/core -am -DincludeScope=test \
    -DexcludeGroupIds=io.zoetrope -DoutputDirectory="$out/lib")
(cd "$root" && mvn -q -B dependency:copy -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.1 \
    -DoutputDirectory="$out")
for part in core/target/classes core/target/test-classes; do
    mkdir -p "$out/$part"
    cp -R "$root/java/$part/." "$out/$part/"
done
mkdir -p "$out/bench" "$out/native"
cp -R "$root/bench/target/classes/." "$out/bench/"
cp -R "$root/native/target/classes/." "$out/native/"
echo "packed $(du -sh "$out" | cut -f1) in $out"
