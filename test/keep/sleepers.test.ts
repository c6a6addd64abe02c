import { expect, it } from 'vitest';
import { Sleepers } from '../../src/keep/python/sleepers.js';

it('work is done once its name is awake, whichever comes first', () => {
  const sleepers = new Sleepers<string>();
  expect(sleepers.add('a', () => ['early'])).toEqual([]);
  expect(sleepers.wake(['b'])).toEqual([]);
  expect(sleepers.wake(['a', 'a'])).toEqual(['early']);
  expect(sleepers.add('a', () => ['late'])).toEqual(['late']);
  expect(sleepers.wake(['a'])).toEqual([]);
});

it('a chain of names may be longer than the stack', () => {
  const sleepers = new Sleepers<string>();
  const LENGTH = 200_000;
  for (let at = 0; at < LENGTH; at++) sleepers.add(`f${at}`, () => [...sleepers.wake([`f${at + 1}`]), `${at}`]);
  expect(sleepers.wake(['f0'])).toHaveLength(LENGTH);
});
