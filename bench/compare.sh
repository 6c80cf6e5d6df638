#!/bin/sh
# Compares two commits row by row, in turns, on this machine: compare.sh [-r ROWS] [-n ROUNDS] [-t MS] A B
# A and B: commits, which are checked out and built below bench/target/compare, or folders that are built already. ROWS: a
# regular expression (default: all), MS: processor time of a round and side. The table goes to standard output.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
usage() {
    echo "compare.sh: $1: expected compare.sh [-r ROWS] [-n ROUNDS] [-t MILLISECONDS] A B, each a commit or a built folder" >&2
    exit 2
}
rows=. rounds=5 milliseconds=400
while getopts r:n:t: option; do
    case $option in
    r) rows=$OPTARG ;;
    n) rounds=$OPTARG ;;
    t) milliseconds=$OPTARG ;;
    *) usage "an unknown option" ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 2 ] || usage "$# commits"
work=$root/bench/target/compare
mkdir -p "$work"

# The built tree of a commit or folder.
tree() {
    if [ -d "$1" ]; then
        (cd "$1" && pwd)
        return
    fi
    commit=$(git -C "$root" rev-parse --verify --quiet "$1^{commit}") || usage "'$1' is neither a folder nor a commit"
    checkout=$work/$commit
    if [ ! -d "$checkout/java/cli/target/app" ]; then
        [ -d "$checkout" ] || git -C "$root" worktree add --detach --quiet "$checkout" "$commit" >&2
        (cd "$checkout" && mvn -q -B -DskipTests -pl java/cli -am package) >&2
    fi
    echo "$checkout"
}

name() {
    git -C "$1" log -1 --format=%h 2>/dev/null || basename "$1"
}

a=$(tree "$1")
b=$(tree "$2")
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
sources=$root/bench/src/main/java/io/zoetrope/bench/compare
rm -rf "$work/classes" "$work/a" "$work/b"
"${java}c" -d "$work/classes" "$sources"/*.java
exec "$java" -cp "$work/classes" io.zoetrope.bench.compare.Compare "$(name "$a")" "$a" "$(name "$b")" "$b" \
    "$sources/rows" "$work" "$rows" "$rounds" "$milliseconds"
