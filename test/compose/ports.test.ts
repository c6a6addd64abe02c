import { expect, it } from 'vitest';
import { portsOf } from '../../src/compose/ports.js';

it('ports of a service are those that it publishes, and those that it says it has', () => {
  const ports = [{ target: 8000, published: '80', protocol: 'tcp' }, { target: 53, protocol: 'udp' }, { target: 8000 }];
  expect(portsOf({ ports, expose: ['9000', 9001, '9002/tcp', '53/udp', '8000'] })).toEqual([8000, 9000, 9001, 9002]);
  expect(portsOf({})).toEqual([]);
  expect(portsOf({ ports: null, expose: [null, 'x'] })).toEqual([]);
});
