/**
 * Test suites of others, case by case in an original image and in the one that was shrunk from it. The tests come from outside.
 * Libraries' at `reachable`, where the app only imports the library; CPython's own at `whole`.
 * Usage: bench/run.sh suites [--whole] [NAME...]   --whole: all of the suites that take very long, too
 */
import { mb } from './fixtures.js';
import { compareInterpreter, INTERPRETERS } from './suites/cpython/suite.js';
import { compareLibrary } from './suites/library.js';
import { SUITES } from './suites/table.js';

const words = process.argv.slice(2);
const whole = words.includes('--whole');
const wanted = words.filter((word) => word !== '--whole');
console.log("| suite | cases compared | lost | the tests' own | lent modules | original | shrunk |\n|---|--:|--:|--:|--:|--:|--:|");
for (const name of wanted.length > 0 ? wanted : [...SUITES.keys(), ...INTERPRETERS.keys()]) {
  const { passed, lost, own, lent, before, after } = await (INTERPRETERS.has(name) ? compareInterpreter : compareLibrary)(name, whole);
  const isPart = !whole && (INTERPRETERS.has(name) || SUITES.get(name)?.part !== undefined);
  console.log(
    `| ${name}${isPart ? ', a part' : ''} | ${passed} | ${lost.length} | ${own.length} | ${lent.length} | ${mb(before)} | ${mb(after)} |`,
  );
  for (const [one, reason] of lost) console.error(`${name}: lost ${one}: ${reason}`);
  for (const one of own) console.error(`${name}: the test's own: ${one}`);
  console.error(`${name}: lent to the tests: ${lent.join(' ')}`);
}
