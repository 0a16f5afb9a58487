# A headless browser and its driver. Sourced after setup.sh; runs in the project's root.
# shellcheck shell=bash

# Sets `chromium`, the browser's program.
ensure_chromium() {
    chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    [ -z "$chromium" ] || return 0
    install_packages 'a browser' chromium fonts-dejavu-core
    chromium=$(command -v chromium)
}

# Sets `python`, an interpreter that has playwright.
ensure_browser_driver() {
    local folder=target/page/python
    command -v python3 >/dev/null || install_packages 'Python for the driver of the browser' python3 python3-venv
    python=python3
    ! python3 -c 'import playwright.sync_api' 2>/dev/null || return 0
    if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        python3 -m venv "$folder" 2>/dev/null || { install_packages 'environments of Python' python3-venv && python3 -m venv "$folder"; }
    fi
    say 'installing the driver of the browser: pip install playwright'
    "$folder/bin/python" -m pip install --quiet playwright
    python=$folder/bin/python
}
