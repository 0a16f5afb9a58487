# The requirements of scripts/demo and scripts/test: a Rust toolchain, a linker, an adapter that wgpu can find.
# Sourced by both; runs in the project's root.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*" >&2; }

stop() { printf 'error: %s\n' "$*" >&2; exit 1; }

ensure_rust() {
    # rustup's folder is not on the path until the next login.
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    command -v cargo >/dev/null || stop 'no Rust toolchain was found; install one from https://rustup.rs, open a new shell, and run this again'
    command -v cc >/dev/null || install_packages 'a linker for the build' gcc libc6-dev
}

# A minimal toolchain lacks the components for formatting and lints.
ensure_rust_components() {
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || stop 'cargo fmt or cargo clippy is missing; install your toolchain'\''s rustfmt and clippy'
    rustup component add rustfmt clippy
}

# Packages of Debian and Ubuntu; on other systems one sentence says what is missing.
install_packages() {
    local why=$1 root=()
    shift
    if ! command -v apt-get >/dev/null; then
        stop "$why is missing, and this script installs packages on Debian and Ubuntu only; install the equivalents of $* (Fedora: mesa-vulkan-drivers, gcc; Arch: vulkan-swrast, gcc) and run this again"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || stop "$why is missing; run as root: apt-get install $*"
        root=(sudo)
    fi
    say "installing $why: apt-get install $*"
    "${root[@]}" apt-get update -qq || say 'the package lists could not be updated; trying with the present ones'
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" ||
        stop "apt-get install $* failed (its reason is above); install $why yourself and run this again"
}

# Whether Vulkan has a loader and a driver: a first guess, without building the program.
has_vulkan() {
    local libraries folder
    # A user's path may lack ldconfig's folder.
    libraries=$(PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null || true)
    [[ $libraries == *libvulkan.so.1* ]] || return 1
    [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] || return 0
    for folder in /usr/share /usr/local/share /etc "$HOME/.local/share"; do
        compgen -G "$folder/vulkan/icd.d/*.json" >/dev/null && return 0
    done
    return 1
}

install_software_vulkan() {
    if [ -e /dev/nvidia0 ]; then
        say "an NVIDIA GPU has no Vulkan driver; to use it, install its driver's package with libGLX_nvidia and nvidia_icd.json"
    fi
    install_packages "Mesa's software Vulkan, since no GPU with a Vulkan driver was found" mesa-vulkan-drivers libvulkan1
}

# Builds the program, asks it for an adapter, and installs software Vulkan if there is none.
ensure_adapter_and_build() {
    if [ "$(uname -s)" = Linux ] && ! has_vulkan; then
        install_software_vulkan
    fi
    say 'building'
    cargo build --release
    say 'adapters'
    if ! cargo run --release --quiet -- devices; then
        [ "$(uname -s)" = Linux ] || stop 'no adapter was found; install a driver for your GPU and run this again'
        install_software_vulkan
        cargo run --release --quiet -- devices
    fi
}
