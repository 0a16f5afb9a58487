# Shared by the scripts that measure: wall-clock time, facts about the machine, strings for JSON. Sourced.
# shellcheck shell=bash

# Seconds since the epoch, to the microsecond.
now() { printf '%s' "${EPOCHREALTIME/,/.}"; }

since() { awk -v began="$1" -v now="$(now)" 'BEGIN { printf "%.3f", now - began }'; }

# Runs a command whose driver keeps compiled kernels in the folder $1 and nowhere else: Mesa's variable, then NVIDIA's.
with_kernel_cache() {
    local folder=$1
    shift
    mkdir -p "$folder"
    MESA_SHADER_CACHE_DIR=$folder __GL_SHADER_DISK_CACHE_PATH=$folder "$@"
}

# A JSON string, with its quotes.
quoted() {
    local text
    text=$(tr '\t\r\n' '   ' <<<"$1" | tr -d '\000-\037')
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    printf '"%s"' "${text%"${text##*[![:space:]]}"}"
}

# Model of the CPU.
processor() {
    local name
    name=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
    printf '%s' "${name:-$(uname -m)}"
}

# The adapter in use and its driver, from the output of `flocoder devices` on stdin.
adapter() {
    local list number name driver
    list=$(cat)
    number=$(sed -n 's/^used: \([0-9]*\):.*/\1/p' <<<"$list")
    name=$(sed -n "s/^${number:-none}: //p" <<<"$list")
    driver=$(grep -A 1 "^${number:-none}: " <<<"$list" | sed -n 's/.*, driver //p' || true)
    printf '%s' "${name:-none}${driver:+, $driver}"
}
