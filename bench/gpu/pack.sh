#!/bin/sh
# Packs what a machine with a GPU, but no JDK and no Maven, needs to test, measure and train: a small Java runtime, the
# classes, jars and kernels, in bench/target/gpu. Run it after `mvn install -DskipTests '-Dcuda.arch=80;90'` (the GPU's
# architecture), then carry that folder with the tree. Tests that draw text fail where there are no fonts.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$root/bench/target/gpu
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")}

rm -rf "$out"
mkdir -p "$out/lib"
"$java/bin/jlink" --add-modules java.base,java.logging,java.desktop,java.management,java.naming,java.xml,jdk.management,jdk.unsupported \
    --strip-debug --no-header-files --no-man-pages --output "$out/jre"
(cd "$root" && mvn -q -B dependency:copy-dependencies -pl java/core,java/cli -am -DincludeScope=test \
    -DexcludeGroupIds=io.zoetrope,com.code-intelligence,com.tngtech.archunit -DoutputDirectory="$out/lib")
(cd "$root" && mvn -q -B dependency:copy -Dartifact=org.junit.platform:junit-platform-console-standalone:1.14.1 \
    -DoutputDirectory="$out")
copy() {
    mkdir -p "$out/$2"
    cp -R "$root/$1/." "$out/$2/"
}
copy java/core/target/classes core/target/classes
copy java/core/target/test-classes core/target/test-classes
copy java/cli/target/classes cli
copy bench/target/classes bench
copy native/target/classes native
copy cuda/target/classes cuda
echo "packed $(du -sh "$out" | cut -f1) in $out"
