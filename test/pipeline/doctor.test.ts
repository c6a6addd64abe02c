import { afterEach, expect, it, vi } from 'vitest';
import { diagnose } from '../../src/pipeline/doctor.js';

afterEach(() => vi.unstubAllEnvs());

it('a container runtime that does not exist is a failed check, and does not end the others', async () => {
  vi.stubEnv('PYSHRINK_RUNTIME', 'lxc');
  vi.stubEnv('DOCKER_HOST', 'unix:///nonexistent/docker.sock');
  const { checks } = await diagnose({ clean: true });
  expect(checks.map(({ name }) => name)).toEqual(['Node', 'Yama', 'daemon', 'local engine']);
  expect(checks.at(-1)).toEqual({
    name: 'local engine',
    ok: false,
    detail: 'PYSHRINK_RUNTIME=lxc names no container runtime.',
    remedy: 'Set it to crun, runc, youki or none.',
  });
});
