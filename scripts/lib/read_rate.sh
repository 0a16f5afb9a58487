#!/usr/bin/env bash
# Reads songs to rolls in memory and prints one row: their number, and songs per second. usage: read_rate.sh BINARY DATA
set -euo pipefail
binary=$(realpath "$1") data=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source scripts/lib/measure.sh

began=$(now)
statistics=$("$binary" -q data stats "$data")
seconds=$(since "$began")
awk -v seconds="$seconds" '$1 == "songs" {
    printf "{\"what\":\"reading songs\",\"songs\":%d,\"seconds\":%s,\"per_second\":%.0f}\n", $2, seconds, $2 / seconds
}' <<<"$statistics"
