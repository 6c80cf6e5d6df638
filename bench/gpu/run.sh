#!/bin/sh
# On a machine with an NVIDIA GPU: runs the tests on it, or measures the library beside PyTorch (cuBLAS, cuDNN) in the
# same run. Needs bench/target/gpu from pack.sh. run.sh OUT_DIR [tests|operations|models|decoding]...; all of them by default.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || { echo "run.sh OUT_DIR [tests|operations|models|decoding]..." >&2; exit 2; }
mkdir -p "$1" && out=$(cd "$1" && pwd)
shift
packed=$root/bench/target/gpu
java=$packed/jre/bin/java
[ -x "$java" ] || { echo "run.sh: $packed is missing: run bench/gpu/pack.sh where a JDK and Maven are" >&2; exit 1; }
command -v nvidia-smi >/dev/null 2>&1 || { echo "run.sh: nvidia-smi was not found: this machine has no NVIDIA driver" >&2; exit 1; }
libraries=$(find "$packed/lib" -name '*.jar' ! -name 'logback-*' | tr '\n' ':')     # its log would be in the results
classes=$packed/core/target/classes:$packed/bench:$packed/cuda:$packed/native:$libraries

# kept FILE COMMAND...: its output goes to FILE; when it fails, the other parts still run and run.sh fails in the end.
status=0
kept() {
    to=$1
    shift
    "$@" >"$to" || status=1
}

# The same, and shows what came out.
shown() {
    kept "$@"
    cat "$1"
}

# Every class of tests in a process of its own, several at a time; floors that use no device are left out.
tests() {
    rm -rf "$out/reports" && mkdir -p "$out/reports/target"     # jqwik writes to ./target
    (cd "$packed/core/target/test-classes" && find io -name '*Test.class' ! -name '*FuzzTest.class' ! -path 'io/zoetrope/architecture/*' ! -path 'io/zoetrope/data/*') |
        sed -e 's/\.class$//' -e 's,/,.,g' | sort |
        xargs -P "${JOBS:-8}" -I CLASS sh -c 'cd "$3/reports" && timeout 300 "$1" -Xmx4g -Dzoetrope.test.device=gpu -cp "$2:$4" \
            org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=none \
            --reports-dir "$3/reports/$5" -c "$5" >"$3/reports/$5.txt" 2>&1 || true' \
            sh "$java" "$(find "$packed" -maxdepth 1 -name 'junit-platform-console-standalone-*.jar')" "$out" \
            "$packed/core/target/test-classes:$classes" CLASS
    shown "$out/tests.txt" python3 "$root/bench/gpu/summarise.py" "$out/reports"
}

operations() {
    kept "$out/operations.jsonl" "$java" -cp "$classes" io.zoetrope.bench.OpTimes "$root/bench/gpu/cases.csv"
    shown "$out/operations.md" python3 "$root/bench/gpu/compare.py" "$root/bench/gpu/cases.csv" "$out/operations.jsonl"
}

models() {
    kept "$out/models.jsonl" "$java" -cp "$classes" io.zoetrope.bench.ModelTimes
    shown "$out/models.md" python3 "$root/bench/gpu/models.py" "$out/models.jsonl" --budget "${BUDGET:-90}"
}

# The bound comes from the bandwidth at which a sum of PyTorch's reads this GPU's memory.
decoding() {
    bandwidth=$(python3 "$root/bench/gpu/bandwidth.py")
    : >"$out/decoding.jsonl"
    for shape in "1 512 8" "16 512 8" "64 512 8" "16 2048 16"; do
        # shellcheck disable=SC2086
        shown "$out/decoding.part" "$java" -cp "$classes" io.zoetrope.bench.DecodeTimes "$bandwidth" $shape
        cat "$out/decoding.part" >>"$out/decoding.jsonl" && rm "$out/decoding.part"
    done
}

[ $# -gt 0 ] || set -- tests operations models decoding
for part in "$@"; do
    case $part in
    tests | operations | models | decoding) "$part" ;;
    *) echo "run.sh: '$part': expected tests, operations, models or decoding" >&2; exit 2 ;;
    esac
done
exit "$status"
