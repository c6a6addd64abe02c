import type { Outcome } from '../compare.js';

/** A case of a report: `<testcase name="..." ...>` with what it holds. Source: CPython, Lib/test/libregrtest/testresult.py. */
const CASE = /<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** The cases of a report as regrtest writes it (`--junit-xml`). A name that is there twice has its worst outcome. */
export function casesOf(xml: string): { cases: Record<string, Outcome>; reasons: Record<string, string> } {
  const cases = new Map<string, Outcome>();
  const reasons = new Map<string, string>();
  for (const [, name = '', inside = ''] of xml.matchAll(CASE)) {
    const outcome = /<(failure|error)\b/.test(inside) ? 'failed' : /<skipped\b/.test(inside) ? 'skipped' : 'passed';
    if (cases.get(name) === 'failed') continue;
    cases.set(name, outcome);
    if (outcome !== 'passed') reasons.set(name, lastLine(inside));
  }
  return { cases: Object.fromEntries(cases), reasons: Object.fromEntries(reasons) };
}

function lastLine(text: string): string {
  const lines = text.split(/<[^>]*>|\n/).map((line) => line.trim());
  const last = lines.filter((line) => line !== '').at(-1) ?? '';
  return last.slice(0, 300);
}
