import { afterEach, expect, it, vi } from 'vitest';
import { describeIsolation, isolationAdvice } from '../../src/engines/local/isolation.js';
import { LocalEngine } from '../../src/engines/local/local.js';
import { remedyFor } from '../../src/engines/local/namespaces.js';
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

it('says how the local engine isolates, or what to do where it can not', async () => {
  vi.stubEnv('PYSHRINK_RUNTIME', 'none');
  vi.stubEnv('DOCKER_HOST', 'unix:///nonexistent/docker.sock');
  const found = await new LocalEngine().namespaces();
  const { checks } = await diagnose();
  const remedy = 'refused' in found ? remedyFor(found) : isolationAdvice(found);
  expect(checks.at(-1)).toEqual({
    name: 'local engine',
    ok: !('refused' in found),
    detail: 'refused' in found ? expect.stringContaining(found.refused) : describeIsolation(found),
    ...(remedy !== undefined && { remedy }),
  });
});
