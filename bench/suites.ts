/**
 * Test suites of libraries, case by case in an original image and in the one that was shrunk from it, where the app only imports the
 * library. pytest and the tests come from outside.
 * Usage: bench/run.sh suites [NAME...]
 */
import { mb } from './fixtures.js';
import { compareSuite, SUITES } from './suites/suite.js';

const wanted = process.argv.slice(2);
console.log('| library | cases compared | lost | original | shrunk |\n|---|---|---|---|---|');
for (const name of wanted.length > 0 ? wanted : SUITES.keys()) {
  const { passed, lost, before, after } = await compareSuite(name);
  console.log(`| ${SUITES.get(name)?.library} | ${passed} | ${lost.length} | ${mb(before)} | ${mb(after)} |`);
  for (const one of lost) console.error(`${name}: lost ${one}`);
}
