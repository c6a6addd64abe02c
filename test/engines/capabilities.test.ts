import { describe, expect, it } from 'vitest';
import { capabilities } from '../../src/engines/capabilities.js';

describe('capabilities', () => {
  it("are Docker's by default", () => {
    const mask = capabilities([], []).reduce((sum, number) => sum | (1n << BigInt(number)), 0n);
    expect(mask.toString(16)).toBe('a80425fb'); // CapBnd in a container of Docker 20.10
  });

  it('are dropped and added by name', () => {
    expect(capabilities(['NET_ADMIN'], ['ALL'])).toEqual([12]);
    expect(capabilities(['cap_sys_ptrace'], ['all'])).toEqual([19]);
    expect(capabilities(['ALL'], ['CHOWN'])).toHaveLength(40);
    expect(() => capabilities(['NONSENSE'], [])).toThrowError(/is not a capability/);
  });

  it('are added where both --cap-add and --cap-drop name them, as Docker does', () => {
    expect(capabilities(['SYS_PTRACE'], ['SYS_PTRACE'])).toContain(19);
    expect(capabilities(['ALL'], ['SYS_PTRACE'])).not.toContain(19);
  });

  it('are in the order of their numbers', () => {
    const numbers = capabilities(['SYS_TIME', 'DAC_READ_SEARCH'], []);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});
