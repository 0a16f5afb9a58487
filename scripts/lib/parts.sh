# Parts of a report, each with a time limit; their results are JSON rows, written as soon as they are measured. Sourced after
# measure.sh.
# shellcheck shell=bash

# Folder of the report, temporary folder, time limit of all parts in seconds, time limit of one part, and a substring of the names
# of the parts to run.
begin_parts() {
    out=$1 work=$2 deadline=$((SECONDS + $3)) most=$4 filter=$5 number=0
    : >"$out/results.jsonl"
}

# A row of a part: `row NAME FIELDS`.
row() { printf '{"part":%s,%s}\n' "$(quoted "$1")" "$2" >>"$out/results.jsonl"; }

# Lines from stdin as rows of a part: JSON objects, the verdicts of a self-test, or any text.
rows_json() {
    local line
    while IFS= read -r line; do
        [[ $line != \{*\} ]] || row "$1" "${line:1:${#line}-2}"
    done
}

rows_selftest() {
    local line
    while IFS= read -r line; do
        if [[ $line =~ ^([0-9]+)\ of\ ([0-9]+)\ cases\ passed\ on\ (.*)$ ]]; then
            row "$1" "\"passed\":${BASH_REMATCH[1]},\"of\":${BASH_REMATCH[2]},\"on\":$(quoted "${BASH_REMATCH[3]}")"
        elif [[ $line == *' FAIL'* ]]; then
            row "$1" "\"failed\":$(quoted "$line")"
        fi
    done
}

rows_text() {
    local line
    while IFS= read -r line; do
        row "$1" "\"text\":$(quoted "$line")"
    done
}

# `part NAME SECONDS KIND COMMAND..`: runs a command with a time limit and writes its output as rows, line by line, then a row with
# its exit status. It never fails, and never waits for a process that cannot be killed.
part() {
    local name=$1 limit=$2 kind=$3 began=$SECONDS taken=0 lines process status=0
    shift 3
    [[ $name == *"$filter"* ]] || return 0
    limit=$((limit < most ? limit : most))
    limit=$((limit < deadline - SECONDS ? limit : deadline - SECONDS))
    if [ "$limit" -lt 3 ]; then
        row "$name" '"status":"no time was left"'
        return 0
    fi
    printf '%4d s  %s\n' "$SECONDS" "$name" >&2
    number=$((number + 1))
    local said=$work/$number.out errors=$work/$number.err
    : >"$said"
    timeout -k 5 "$limit" "$@" >"$said" 2>"$errors" </dev/null &
    process=$!
    while :; do
        # Before the lines are counted, so that the last output is not missed.
        local running=yes
        kill -0 "$process" 2>/dev/null || running=no
        lines=$(wc -l <"$said")
        if [ "$lines" -gt "$taken" ]; then
            sed -n "$((taken + 1)),${lines}p" "$said" | "rows_$kind" "$name"
            taken=$lines
        fi
        [ "$running" = yes ] || break
        [ $((SECONDS - began)) -lt $((limit + 10)) ] || break
        sleep 0.2
    done
    if [ "$running" = yes ]; then
        disown "$process"
        ended='hung, and could not be killed'
    else
        wait "$process" || status=$?
        case $status in
            0) ended='done' ;;
            124 | 137) ended="ended at its limit of $limit s" ;;
            *) ended="failed: $(grep -v '^[[:space:]]*$' "$errors" | tail -n 1 | cut -c 1-300)" ;;
        esac
    fi
    row "$name" "\"status\":$(quoted "$ended"),\"seconds\":$((SECONDS - began))"
    { printf '\n== %s: %s\n' "$name" "$ended" && head -c 100000 "$said" "$errors"; } >>"$out/log.txt"
    render
}
