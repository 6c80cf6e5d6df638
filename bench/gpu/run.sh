#!/bin/sh
# On a machine with an NVIDIA GPU: tests the kernels on it and measures them beside cuBLAS, cuDNN and, where python3 has it,
# PyTorch. Needs bench/target/gpu from pack.sh. run.sh OUT_DIR [tests|measure|decoding]...; all of them by default.
# A run that was ended goes on where it was: what OUT_DIR/results.json holds is not measured again.
# SECONDS_LEFT: begin no case after so many (1500). PRIORITIES: which cases (1-3; 0 are small ones). DEVICE=cpu rehearses on
# softcuda. PYTHON: another interpreter; empty: nothing beside.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || { echo "run.sh OUT_DIR [tests|measure|decoding]..." >&2; exit 2; }
mkdir -p "$1" && out=$(cd "$1" && pwd)
shift
packed=$root/bench/target/gpu
[ -d "$packed" ] || [ ! -e "$packed.tar.xz" ] || tar -C "$root/bench/target" -xJf "$packed.tar.xz"
java=$packed/jre/bin/java
[ -x "$java" ] || { echo "run.sh: $packed is missing: run bench/gpu/pack.sh where a JDK and Maven are" >&2; exit 1; }
device=${DEVICE:-gpu}
[ "$device" = cpu ] || command -v nvidia-smi >/dev/null 2>&1 ||
    { echo "run.sh: nvidia-smi was not found: this machine has no NVIDIA driver (DEVICE=cpu rehearses on softcuda)" >&2; exit 1; }
libraries=$(find "$packed/lib" -name '*.jar' ! -name 'logback-*' | tr '\n' ':')     # its log would be in the results
classes=$packed/core/target/classes:$packed/measure:$packed/cublas:$packed/cudnn:$packed/bench:$packed/cuda:$packed/native:$libraries
python=${PYTHON-python3}
"${python:-false}" -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || python=
commit=$(cat "$packed/commit" 2>/dev/null || true)

status=0

# Every class of tests in a process of its own, several at a time; floors that use no device are left out.
tests() {
    rm -rf "$out/reports" && mkdir -p "$out/reports/target"     # jqwik writes to ./target
    (cd "$packed/core/target/test-classes" && find io -name "${TESTS:-*}Test.class" ! -name '*FuzzTest.class' ! -path 'io/zoetrope/architecture/*' ! -path 'io/zoetrope/data/*') |
        sed -e 's/\.class$//' -e 's,/,.,g' | sort |
        xargs -P "${JOBS:-8}" -I CLASS sh -c 'cd "$3/reports" && timeout 300 "$1" -Xmx4g -Dzoetrope.test.device='"$device"' -cp "$2:$4" \
            org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=none \
            --reports-dir "$3/reports/$5" -c "$5" >"$3/reports/$5.txt" 2>&1 || true' \
            sh "$java" "$(find "$packed" -maxdepth 1 -name 'junit-platform-console-standalone-*.jar')" "$out" \
            "$packed/core/target/test-classes:$classes" CLASS
    "$java" -cp "$classes" io.zoetrope.bench.TestSummary "$out/reports" >"$out/tests.txt" || status=1
    cat "$out/tests.txt"
}

measure() {
    peer=
    [ -z "$python" ] || peer="$python $root/bench/gpu/peer.py"
    [ -n "$peer" ] || echo "run.sh: no PyTorch with CUDA here: our kernels, cuBLAS and cuDNN alone are measured" >&2
    "$java" -Xmx8g -cp "$classes" io.zoetrope.bench.GpuBench --out="$out" --priorities="${PRIORITIES:-1-3}" \
        --seconds="${SECONDS_LEFT:-1500}" --peer="$peer" --commit="$commit" || status=1
    [ ! -e "$out/results.md" ] || cat "$out/results.md"
}

# The bound comes from the bandwidth that the copy reached.
decoding() {
    bandwidth=$(sed -n 's/.*"copyGBs": \([0-9]*\).*/\1/p' "$out/results.json" 2>/dev/null || true)
    : >"$out/decoding.jsonl"
    for shape in ${DECODING:-1:512:8 16:512:8 64:512:8 16:2048:16}; do
        # shellcheck disable=SC2046
        "$java" -cp "$classes" io.zoetrope.bench.DecodeTimes "${bandwidth:-0}" $(echo "$shape" | tr ':' ' ') |
            tee -a "$out/decoding.jsonl" || status=1
    done
}

[ $# -gt 0 ] || set -- measure decoding tests
for part in "$@"; do
    case $part in
    tests | measure | decoding) "$part" ;;
    *) echo "run.sh: '$part': expected tests, measure or decoding" >&2; exit 2 ;;
    esac
done
exit "$status"
