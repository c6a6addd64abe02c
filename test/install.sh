#!/usr/bin/env bash
# Installs the dependencies where they are missing or older than the lock file, and builds.
set -euo pipefail
cd "$(dirname "$0")/.."
# A linked node_modules belongs to another checkout: npm ci would empty it there.
if [ -L node_modules ]; then
  printf 'install: node_modules is a link; its packages are used as they are\n' >&2
elif [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  printf 'install: npm ci\n' >&2
  # No script of a package runs: what ssh2, cpu-features and protobufjs would build or print is not used, and esbuild works without.
  npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error >&2
fi
node build.mjs
