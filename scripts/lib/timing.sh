# What the scripts that measure share: the clock, and facts about the machine. Sourced.

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

# Model of the processor, as a string for JSON.
processor() {
    local name
    name=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1 | tr -d '"\\')
    printf '%s' "${name:-$(uname -m)}"
}

# The adapter that the program $1 uses and its driver, as a string for JSON.
adapter() {
    local list number name driver
    list=$("$1" devices 2>/dev/null || true)
    number=$(sed -n 's/^used: \([0-9]*\):.*/\1/p' <<<"$list")
    name=$(sed -n "s/^${number:-none}: //p" <<<"$list")
    driver=$(grep -A 1 "^${number:-none}: " <<<"$list" | sed -n 's/.*, driver //p' || true)
    printf '%s' "${name:-none}${driver:+, $driver}" | tr -d '"\\'
}
