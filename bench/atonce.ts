/**
 * Twenty runs at once on one daemon, one cache, one folder and one OCI layout, while two more are killed: all must end right,
 * and nothing may be left. test/e2e/atonce.test.ts has fewer.
 */
const COUNT = 20;

// The labels of sessions are made of it when their module is loaded.
process.env.PYSHRINK_NAMESPACE ??= 'bench-at-once';
const { manyAtOnce } = await import('../test/support/atonce.js');
const { problems, seconds } = await manyAtOnce(COUNT);
console.log(`${COUNT} runs at once: ${problems.length} problems, ${seconds.toFixed(0)} s`);
for (const problem of problems) console.log(`  ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
