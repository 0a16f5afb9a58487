#!/usr/bin/env bash
# Times the ten slowest products of a bench with each tile of the tile variant, and prints their rows.
# usage: slowest_by_tile.sh BINARY RESULTS [BENCH OPTIONS]; RESULTS has the rows of `bench --json`, other rows too
set -euo pipefail
binary=$1 results=$2
shift 2

mapfile -t cases < <(grep '"tile":"' "$results" | grep '"part":"bench f32"' |
    sed -n 's/.*"kernel":"\([^"]*\)","case":"\([^"]*\)".*"ms":\([0-9.]*\).*/\3 \1 \2/p' | sort -rn | head -n 10 | cut -d ' ' -f 2-)
for case in "${cases[@]}"; do
    for tile in 128x128 128x64 64x64 64x32 32x32; do
        FLOCODER_TUNING=tile,tile=$tile "$binary" -q bench --json "$@" --filter "$case"
    done
done
