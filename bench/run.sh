#!/usr/bin/env bash
# Runs the benchmarks whose results are in docs/benchmarks.md.
# Usage: bench/run.sh [levels|matrix|curve|closure|overhead|shrink|archive|interrupts|startup|second|repeat|page|report|podman|behaviours|suites|atonce|side|throughput|sweep...]
#        (default: all but matrix, curve and podman)
#        bench/run.sh suites|behaviours|podman [NAME...]   (suites --whole: all of the suites that take hours, too)
#        bench/run.sh fuzz [PARSER [FIRST [COUNT]]]
# matrix is levels with every fixture on the full base image, too, and with three on Python 3.11. curve takes an hour. podman needs
# root and Debian. sweep imports all modules of forty distributions. fuzz gives ten thousand hostile inputs to each parser, and
# needs no engine.
set -euo pipefail
cd "$(dirname "$0")/.."
bash test/install.sh
if [ "${1:-}" != fuzz ]; then
  bash fixtures/engine.sh
  bash fixtures/build.sh
  # shellcheck disable=SC2046
  bash fixtures/build.sh $(grep -l '"only": "bench"' fixtures/*/expected.json | xargs -n 1 dirname | xargs -n 1 basename)
fi
if [ "${1:-}" = podman ]; then
  bash fixtures/peers.sh
  services=$(bash fixtures/podman.sh)
  for pair in $services; do export "${pair?}"; done
fi
case "${1:-}" in
  # What follows these belongs to them.
  suites | behaviours | podman | fuzz)
    name=$1
    shift
    exec npx --no-install tsx "bench/$name.ts" "$@"
    ;;
esac
[ $# -gt 0 ] || set -- levels closure overhead shrink archive interrupts startup second repeat page report behaviours suites atonce side throughput sweep
for name in "$@"; do
  if [ "$name" = matrix ]; then
    # The usual base image of hello is the full one.
    bash fixtures/build.sh hello@{slim,3.11,3.11-slim} {django,flask-pandas}@{3.11,3.11-full}
    for folder in fixtures/*/expected.json; do bash fixtures/build.sh "$(basename "$(dirname "$folder")")@full"; done
    name=levels
  fi
  [ "$name" != sweep ] || bash fixtures/build.sh forty
  npx --no-install tsx "bench/$name.ts"
done
