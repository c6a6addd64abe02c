#!/usr/bin/env bash
# Runs everything: install, build, lint, types, the checks of the probes, unit tests, and, if there is an engine or one
# can be started, the tests that run real containers.
set -euo pipefail
cd "$(dirname "$0")/.."
bash test/install.sh
npx --no-install biome check --error-on-warnings
npx --no-install tsc -p test/tsconfig.json
bash test/probes.sh

status=0
bash fixtures/engine.sh || status=$?
if [ "$status" = 0 ]; then
  bash fixtures/build.sh
  bash fixtures/bases.sh busybox:glibc
  bash fixtures/peers.sh
  export PYSHRINK_TEST_ENGINE=1
elif [ "$status" = 3 ]; then
  printf 'tests: SKIPPED: the tests that run containers, since there is no engine (see above)\n' >&2
else
  exit "$status"
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
npx --no-install vitest run --config test/vitest.config.ts --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
node -e '
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(require("fs").readFileSync(process.argv[1]));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
' "$report"
exit "$status"
