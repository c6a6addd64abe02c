import { h } from '../dom.js';
import { bytes, plural } from '../format.js';
import { number, type Page, pathLink, section, table } from '../parts.js';

/** What the exercise did, what each step brought in, and what it covered of the app's own code. */
export function exerciseView(page: Page): HTMLElement {
  const { report } = page.side.data;
  const { coverage, timeline } = report;
  const { functions, modules } = coverage;
  return h(
    'div',
    {},
    section(
      'Timeline',
      timeline.length === 0 ? 'No step is recorded.' : 'Each step, and what it used for the first time.',
      h(
        'ol',
        { class: 'timeline' },
        timeline.map((_, index) => stepItem(page, index)),
      ),
    ),
    section(
      "Coverage of the app's own code",
      `${modules.ran} of ${plural(modules.all, 'module')} ran; ${
        functions === null ? 'functions are not measured' : `${functions.ran} of ${plural(functions.all, 'function')} ran`
      }.`,
      table(
        "Modules of the app's own code",
        ['module', 'state', 'functions', 'functions that did not run'],
        coverage.own.map(({ name, path, ran, functions: own }) => [
          h('span', {}, name !== path && `${name} `, pathLink(page, path)),
          h('span', { class: ran ? 'state kept' : 'state left' }, ran ? 'ran' : 'did not run'),
          own === null ? 'not measured' : `${own.ran} of ${own.all}`,
          own === null || own.missed.length === 0 ? '' : own.missed.map((one) => `${one.name} (line ${one.line})`).join(', '),
        ]),
        [1, 3],
      ),
    ),
  );
}

function stepItem(page: Page, index: number): HTMLElement {
  const { paths, report } = page.side.data;
  const step = report.timeline[index];
  if (!step) return h('li', {});
  const most = Math.max(1, ...report.timeline.map(({ brought }) => brought?.bytes ?? 0));
  const time = step.from === null || step.to === null ? null : `${step.from.toFixed(1)} s to ${step.to.toFixed(1)} s`;
  const bar = h('span', { class: 'step-bar', 'aria-hidden': 'true' });
  bar.style.width = `${(100 * (step.brought?.bytes ?? 0)) / most}%`;
  return h(
    'li',
    {},
    h(
      'div',
      { class: 'step-head' },
      h('strong', {}, step.label),
      step.outcome !== '' && h('span', { class: 'outcome' }, step.outcome),
      h('span', { class: 'note' }, `run ${step.run + 1}${time === null ? '' : `, ${time}`}`),
    ),
    step.brought === null
      ? h('p', { class: 'note' }, 'What it brought in was not recorded.')
      : h(
          'p',
          {},
          'brought in ',
          number(page, page.side.amount(step.brought), `what ${step.label} used first`, (one) => paths.step[one] === index),
          step.largest.length > 0 && `: ${step.largest.map(({ name, brought }) => `${name} ${bytes(brought.bytes)}`).join(', ')}`,
        ),
    step.brought !== null && bar,
  );
}
