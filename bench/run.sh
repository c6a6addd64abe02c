#!/usr/bin/env bash
# Measures the numbers of docs/benchmarks.md. Usage: bench/run.sh [levels|closure|overhead|shrink|archive|interrupts|startup...]; without argument, all.
set -euo pipefail
cd "$(dirname "$0")/.."
bash test/install.sh
bash fixtures/engine.sh
bash fixtures/build.sh
[ $# -gt 0 ] || set -- levels closure overhead shrink archive interrupts startup
for name in "$@"; do
  npx --no-install tsx "bench/$name.ts"
done
