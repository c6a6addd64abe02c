import { describe, expect, it } from 'vitest';
import { environmentOf, exposedPorts, healthcheckCommand } from '../../src/images/config.js';

describe('image configuration', () => {
  it('reads environment variables; the last value of a name wins', () => {
    expect(environmentOf(['A=1', 'B=x=y', 'A=2', 'C'])).toEqual({ A: '2', B: 'x=y', C: '' });
    expect(environmentOf(null)).toEqual({});
  });

  it('lists the exposed TCP ports', () => {
    expect(exposedPorts({ ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000': {} } })).toEqual([8000, 80]);
  });

  it.each([
    [{ Test: ['NONE'] }, undefined],
    [{ Test: ['CMD', 'curl', '-f', 'x'] }, ['curl', '-f', 'x']],
    [{ Test: ['CMD-SHELL', 'curl x || exit 1'] }, ['/bin/sh', '-c', 'curl x || exit 1']],
    [{}, undefined],
  ])('reads the command of the health check %j', (Healthcheck, command) => {
    expect(healthcheckCommand({ Healthcheck })).toEqual(command);
  });
});
