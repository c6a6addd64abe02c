#!/usr/bin/env bash
# Runs everything: install, build, lint, types, the checks of the probes, unit tests, and, if there is an engine or one
# can be started, the tests that run real containers.
set -euo pipefail
cd "$(dirname "$0")/.."

# What the tests make is removed with this folder. Other users look into it.
TMPDIR=$(mktemp -d)
export TMPDIR
chmod 1777 "$TMPDIR"
trap 'rm -rf --one-file-system "$TMPDIR" || true' EXIT

bash test/install.sh
bash fixtures/browser.sh

check() {
  npx --no-install biome check --error-on-warnings
  npx --no-install tsc -p test/tsconfig.json
  bash test/probes.sh
  bash test/audit.sh
}

# Runs while the engine builds images, and prints its output when it has ended.
(set -e; check) >"$TMPDIR/check.log" 2>&1 &
checks=$!

images() {
  local status=0
  bash fixtures/engine.sh || status=$?
  [ "$status" = 0 ] || return "$status"
  bash fixtures/build.sh || return 1
  bash fixtures/bases.sh busybox:glibc || return 1
  bash fixtures/peers.sh || return 1
  bash fixtures/compose.sh || return 1
  # Prints the addresses of Podman's services as NAME=VALUE.
  bash fixtures/podman.sh >"$TMPDIR/podman.env" || return 1
}
engine=0
images || engine=$?

status=0
wait "$checks" || status=$?
cat "$TMPDIR/check.log"
[ "$status" = 0 ] || exit "$status"

if [ "$engine" = 0 ]; then
  export PYSHRINK_TEST_ENGINE=1
  while IFS= read -r variable; do export "${variable?}"; done <"$TMPDIR/podman.env"
elif [ "$engine" = 3 ]; then
  printf 'tests: SKIPPED: the tests that run containers, since there is no engine (see above)\n' >&2
else
  exit "$engine"
fi

report=$TMPDIR/report.json
npx --no-install vitest run --config test/vitest.config.ts --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
node -e '
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = JSON.parse(require("fs").readFileSync(process.argv[1]));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
' "$report"
exit "$status"
