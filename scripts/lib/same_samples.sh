#!/usr/bin/env bash
# Generates 16 samples of seed 7 with the bundled flow, and prints a row: the seconds that took and, if samples of another adapter are given,
# how many .mid files are the same.
# usage: same_samples.sh BINARY OUT [SAMPLES]
set -euo pipefail
binary=$1 out=$2 others=${3:-}
source "$(dirname "${BASH_SOURCE[0]}")/measure.sh"

"$binary" -q sample -n 16 --seed 7 -o "$out" >/dev/null
began=$(now)
"$binary" -q sample -n 16 --seed 7 -o "$out" >/dev/null
seconds=$(since "$began")
same=
if [ -n "$others" ]; then
    count=0
    for file in "$out"/*.mid; do
        ! cmp -s "$file" "$others/$(basename "$file")" || count=$((count + 1))
    done
    same=",\"same\":$count"
fi
printf '{"what":"16 samples","seconds":%s%s}\n' "$seconds" "$same"
