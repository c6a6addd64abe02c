#!/usr/bin/env bash
# Runs the benchmarks whose results are in docs/benchmarks.md.
# Usage: bench/run.sh [levels|closure|overhead|shrink|archive|interrupts|startup|second|repeat|page...]   (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."
bash test/install.sh
bash fixtures/engine.sh
bash fixtures/build.sh
[ $# -gt 0 ] || set -- levels closure overhead shrink archive interrupts startup second repeat page
for name in "$@"; do
  npx --no-install tsx "bench/$name.ts"
done
