#!/bin/sh
# describe-module.sh JAVA_HOME TARGET JAR TIMESTAMP VERSION CLASS_PATH: compiles the descriptor of the module against the jars
# that the library asks for, and puts it into the library's jar.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
java=$1 target=$2 jar=$3 timestamp=$4 version=$5 jars=$6
"$java/bin/javac" -Xlint:-requires-transitive-automatic -d "$target/module" --patch-module "io.zoetrope=$target/classes" --module-path "$jars" \
    --module-version "$version" "$here/src/main/module/module-info.java"
"$java/bin/jar" --update --file "$jar" --date "$timestamp" -C "$target/module" module-info.class
