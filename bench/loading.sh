#!/usr/bin/env bash
# Loads a folder of 4.4 GB with at most 256 MB of heap and direct memory, beside reading its files; both with the files' pages
# dropped from the page cache before, and once with them there. Run it from the repository's root after `mvn package`.
# Usage: bench/loading.sh FOLDER [ROUNDS]; FOLDER is made if it is not there, and stays.
set -euo pipefail

folder=$1
rounds=${2:-3}
times=(-cp "bench/target/classes:java/cli/target/app/*" io.zoetrope.bench.LoadingTimes)

# posix_fadvise(POSIX_FADV_DONTNEED) of these files alone: the rest of the machine keeps its cache.
drop() {
    for file in "$folder"/transformer/*.safetensors; do
        dd of="$file" oflag=nocache conv=notrunc,fdatasync count=0 status=none
    done
}

load() {
    java -Xmx160m -XX:MaxDirectMemorySize=64m "${times[@]}" load "$folder"
}

[ -e "$folder/model_index.json" ] || java -Xmx1g "${times[@]}" make "$folder"
for ((round = 0; round < rounds; round++)); do
    drop
    java "${times[@]}" read "$folder"
    drop
    load
done
echo '{"case": "the next two from the page cache"}'
java "${times[@]}" read "$folder"
load
