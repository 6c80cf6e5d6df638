#!/bin/sh
# On a machine with an NVIDIA GPU, nvcc and PyTorch: compiles the kernels for it, runs their tests on it, and measures
# them beside PyTorch in the same run. Needs bench/target/gpu from pack.sh. run.sh OUT_DIR [ARCHITECTURES]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
packed=$root/bench/target/gpu
[ -x "$packed/jre/bin/java" ] || { echo "run.sh: $packed is missing: run bench/gpu/pack.sh where a JDK and Maven are" >&2; exit 1; }
command -v nvidia-smi >/dev/null 2>&1 || { echo "run.sh: nvidia-smi was not found: this machine has no NVIDIA driver" >&2; exit 1; }
mkdir -p "$out"

sh "$root/cuda/build.sh" "$root/cuda/target" "${2:-80;90a}"
classes=$packed/core/target/classes:$packed/core/target/test-classes:$packed/bench:$root/cuda/target/classes:$packed/native
libraries=$(find "$packed/lib" -name '*.jar' | tr '\n' ':')

status=0
"$packed/jre/bin/java" -Xmx8g -Dzoetrope.test.device=gpu -jar "$packed"/junit-platform-console-standalone-*.jar execute \
    --disable-banner --details=summary --reports-dir "$out/reports" -cp "$classes:$libraries" \
    -p io.zoetrope.kernel -p io.zoetrope.cuda -p io.zoetrope.tensor -p io.zoetrope.model -p io.zoetrope.diffusion \
    >"$out/tests.txt" 2>&1 || status=$?
tail -n 15 "$out/tests.txt"

"$packed/jre/bin/java" -cp "$classes:$libraries" io.zoetrope.bench.OpTimes "$root/bench/gpu/cases.csv" >"$out/zoetrope.jsonl"
python3 "$root/bench/gpu/compare.py" "$root/bench/gpu/cases.csv" "$out/zoetrope.jsonl" | tee "$out/results.md"
"$packed/jre/bin/java" -cp "$classes:$libraries" io.zoetrope.bench.DecodeTimes >"$out/decode.jsonl"
exit "$status"
