#!/usr/bin/env bash
# Trains for STEPS steps and prints a row after each sixth of them: windows per second since the end of the first sixth.
# usage: train_rate.sh BINARY DATA RUNS codec|flow SIZE STEPS PRECISION; the flow uses the codec in RUNS, which must be trained
# first; SIZE is the prefix of the configurations' names.
set -euo pipefail
binary=$1 data=$2 runs=$3 kind=$4 size=$5 steps=$6 precision=$7
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/lib/measure.sh

every=$((steps / 6))
settings=("data.path=$data" "train.steps=$steps" "train.precision=$precision" "train.log_every=$every" "train.checkpoint_every=$steps"
    "train.validate_every=$steps" data.validation_windows=32 flow.augs_per=1)
suffix=
[ -n "$size" ] || suffix=_config
command=(train-vqvae --config "configs/${size}vqvae$suffix.yaml")
if [ "$kind" = flow ]; then
    [ -f "$runs/codec/codec.safetensors" ] || { printf 'error: RUNS has no codec; train one first\n' >&2 && exit 1; }
    command=(train-flow --config "configs/${size}flow$suffix.yaml" --codec "$runs/codec/codec.safetensors" --cache "$runs/cache")
fi
run=$runs/$kind log=$runs/$kind/metrics.jsonl
rm -rf "$run"
began=$(now)
"$binary" -q "${command[@]}" -o "$run" "${settings[@]}" >/dev/null &
trainer=$!

# Waits until the log has this many training lines.
await() {
    until [ -f "$log" ] && [ "$(grep -c '"train"' "$log")" -ge "$1" ]; do
        kill -0 "$trainer" 2>/dev/null || return 0
        sleep 0.02
    done
}

await 1
until_first=$(since "$began") warm=$(now)
batch=$(awk '/^train:/ { train = 1 } train && $1 == "batch:" { print $2; exit }' "$run/config.yaml")
for sixths in 2 3 4 5 6; do
    await "$sixths"
    [ "$(grep -c '"train"' "$log")" -ge "$sixths" ] || break
    rest=$(since "$warm")
    awk -v kind="$kind $precision" -v batch="$batch" -v steps=$((every * (sixths - 1))) -v rest="$rest" -v before="$until_first" 'BEGIN {
        printf "{\"what\":\"training %s\",\"batch\":%d,\"steps\":%d,", kind, batch, steps
        printf "\"ms_per_step\":%.2f,\"windows_per_second\":%.1f,\"seconds_before\":%s}\n", 1000 * rest / steps, batch * steps / rest, before
    }'
done
wait "$trainer"
