# What the scripts that measure share: the clock, facts about the machine, strings for JSON. Sourced.
# shellcheck shell=bash

# Seconds since some moment, to the microsecond.
now() { printf '%s' "${EPOCHREALTIME/,/.}"; }

since() { awk -v began="$1" -v now="$(now)" 'BEGIN { printf "%.3f", now - began }'; }

# Runs a command whose driver keeps compiled kernels in the folder $1 and nowhere else: Mesa's variable, then NVIDIA's.
with_kernel_cache() {
    local folder=$1
    shift
    mkdir -p "$folder"
    MESA_SHADER_CACHE_DIR=$folder __GL_SHADER_DISK_CACHE_PATH=$folder "$@"
}

# A string for JSON, in its quotes.
quoted() {
    local text
    text=$(tr '\t\r\n' '   ' <<<"$1" | tr -d '\000-\037')
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"' "${text%"${text##*[![:space:]]}"}"
}

# Model of the processor.
processor() {
    local name
    name=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    printf '%s' "${name:-$(uname -m)}"
}

# The adapter that is used and its driver, from what `flocoder devices` says on stdin.
adapter() {
    local list number name driver
    list=$(cat)
    number=$(sed -n 's/^used: \([0-9]*\):.*/\1/p' <<<"$list")
    name=$(sed -n "s/^${number:-none}: //p" <<<"$list")
    driver=$(grep -A 1 "^${number:-none}: " <<<"$list" | sed -n 's/.*, driver //p' || true)
    printf '%s' "${name:-none}${driver:+, $driver}"
}
