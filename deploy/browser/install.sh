#!/bin/sh
# Put Chromium in place for the tests of the page: `make browser`. Debian's, with apt, as root.
#
# Exit:  0 in place; 1 it came but does not run; 3 not available here: those tests are skipped then.
set -eu

absent() {
    echo "browser: not available: $1" >&2
    echo "browser: install Chromium as your system does, or name its file in CHROMIUM" >&2
    exit 3
}

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then
        echo "browser: $(command -v "$name") is in place"
        exit 0
    fi
done

command -v apt-get >/dev/null 2>&1 || absent "no Chromium on the PATH, and no apt to install it"
[ "$(id -u)" -eq 0 ] || absent "no Chromium on the PATH; run: sudo apt-get install chromium"

echo "browser: installing Debian's chromium"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install --yes --no-install-recommends chromium; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    absent "apt could not install it; see $log"
fi
rm -f "$log"
if ! chromium --version; then
    echo "browser: it is here but does not run" >&2
    exit 1
fi
