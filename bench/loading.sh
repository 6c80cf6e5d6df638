#!/usr/bin/env bash
# Loads a folder of 4.4 GB with at most 256 MB of heap and direct memory, beside reading its files; both with the files' pages
# dropped from the page cache before, in turns of which each begins every other round, and once with them there. The last line
# has the medians, and load's speed as a part of read's. Run it from the repository's root after `mvn package`.
# Usage: bench/loading.sh FOLDER [ROUNDS]; FOLDER is made if it is not there, and stays.
set -euo pipefail

folder=$1
rounds=${2:-3}
times=(-cp "bench/target/classes:java/cli/target/app/*" io.zoetrope.bench.LoadingTimes)

# posix_fadvise(POSIX_FADV_DONTNEED) of these files alone: the rest of the machine keeps its cache. A round whose files are still
# there would measure memory, so it is not begun.
drop() {
    for file in "$folder"/transformer/*.safetensors; do
        dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
        if command -v fincore > /dev/null && [ "$(fincore --bytes --noheadings --output RES "$file")" -gt 67108864 ]; then
            echo "$file stays in the page cache: another process may have it open" >&2
            exit 1
        fi
    done
}

load() {
    java -Xmx160m -XX:MaxDirectMemorySize=64m "${times[@]}" load "$folder"
}

read_files() {
    java "${times[@]}" read "$folder"
}

# The median of the GB/s of one case in a file of results.
median() {
    grep "\"case\": \"$1\"" "$2" | sed 's/.*"gb_per_s": \([0-9.]*\).*/\1/' | sort -n |
        awk '{ v[NR] = $1 } END { printf "%.3f", NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

[ -e "$folder/model_index.json" ] || java -Xmx1g "${times[@]}" make "$folder"
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 0; round < rounds; round++)); do
    turns=(read_files load)
    ((round % 2 == 0)) || turns=(load read_files)
    for turn in "${turns[@]}"; do
        drop
        "$turn" | tee -a "$results"
    done
done
echo '{"case": "the next two from the page cache"}'
read_files
load
read=$(median read "$results")
loaded=$(median load "$results")
printf '{"case": "medians of %d rounds", "read_gb_per_s": %s, "load_gb_per_s": %s, "load_to_read": %s}\n' "$rounds" "$read" \
    "$loaded" "$(awk "BEGIN { printf \"%.2f\", $loaded / $read }")"
