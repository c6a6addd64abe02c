#!/usr/bin/env bash
# Checks the Python in probes/: ruff for lint and format, vermin for Python 3.6, the oldest that has to run it.
# Both come from PyPI into a virtual environment in the cache folder. Without a Python that can make one, or without
# PyPI, the check is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(ruff==0.17.6 vermin==1.9.2)

skip() {
  printf 'probes: SKIPPED: %s\n' "$1" >&2
  exit 0
}

cache=${PYSHRINK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/pyshrink}
tools="$cache/probe-tools-$(IFS=-; printf '%s' "${packages[*]//==/-}")"

if ! "$tools/bin/python" -m ruff --version >/dev/null 2>&1; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || skip 'python3 cannot make a virtual environment (Debian: python3-venv)'
  mkdir -p "$cache" 2>/dev/null && new=$(mktemp -d "$cache/probe-tools.XXXXXX") || skip "$cache is not writable"
  # Made under another name, so that two runs at once do not disturb each other.
  trap 'rm -rf "$new"' EXIT
  python3 -m venv "$new" >/dev/null || skip 'python3 cannot make a virtual environment'
  "$new/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --only-binary :all: "${packages[@]}" >"$new/pip.log" 2>&1 ||
    skip "ruff and vermin cannot be installed: $(tail -n 1 "$new/pip.log")"
  rm -rf "$tools"
  mv "$new" "$tools"
fi

python=$tools/bin/python
"$python" -m ruff check --no-cache --quiet
"$python" -m ruff format --no-cache --quiet --check
"$python" "$tools/bin/vermin" --quiet --no-tips --violations --target=3.6- probes || {
  printf 'probes: something needs a Python newer than 3.6 (see above)\n' >&2
  exit 1
}
