import { availableParallelism, totalmem } from 'node:os';
import { expect, it } from 'vitest';
import { daemonRoom, ownRoom } from '../../src/engines/room.js';

it('this computer says what is free; a daemon of another one only what there is', () => {
  const { cores, memory } = ownRoom();
  expect(cores).toBe(availableParallelism());
  expect(memory).toBeGreaterThan(0);
  expect(memory).toBeLessThanOrEqual(totalmem());
  expect(daemonRoom(64, 2 ** 40)).toEqual({ cores: 64, memory: 2 ** 40 });
  expect(daemonRoom(cores, totalmem()).memory).toBeLessThan(totalmem());
});
