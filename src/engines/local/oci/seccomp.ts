import { ALLOWED, ALLOWED_BY_ARCHITECTURE, ALLOWED_BY_CAPABILITY, NEW_NAMESPACES, PERSONALITIES, REFUSED } from './data/allowed.js';

interface Rule {
  names: readonly string[];
  action: string;
  errnoRet?: number;
  args?: readonly { index: number; value: number; valueTwo?: number; op: string }[];
}

/** `linux.seccomp` of the OCI runtime specification (config-linux.md, "Seccomp"). */
export interface SeccompProfile {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures: readonly string[];
  syscalls: readonly Rule[];
}

const [EPERM, ENOSYS] = [1, 38];
/** Architectures of the kernel, by those of Node.js. A program may use each of them. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/**
 * Docker's default profile for a container.
 * @param capabilities names without `CAP_`
 * @param architecture as `process.arch` has it
 * @param newCalls who answers that calls newer than the profile do not exist: the runtime by itself, or the profile
 * @returns undefined for an architecture that pyshrink does not know
 */
export function seccompProfile(
  capabilities: readonly string[],
  architecture: string,
  newCalls: 'runtime' | 'profile' = 'runtime',
): SeccompProfile | undefined {
  const architectures = ARCHITECTURES[architecture];
  if (!architectures) return undefined;
  const names = [
    ...ALLOWED,
    ...(ALLOWED_BY_ARCHITECTURE[architecture] ?? []),
    ...capabilities.flatMap((capability) => ALLOWED_BY_CAPABILITY[capability] ?? []),
  ];
  const syscalls: Rule[] = [
    { names: [...new Set(names)], action: 'SCMP_ACT_ALLOW' },
    ...PERSONALITIES.map(
      (value): Rule => ({ names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value, op: 'SCMP_CMP_EQ' }] }),
    ),
  ];
  if (!capabilities.includes('SYS_ADMIN'))
    syscalls.push(
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: NEW_NAMESPACES, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }] },
      // The C library then uses clone(2), whose flags a filter can see.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS },
    );
  if (newCalls === 'runtime') return { defaultAction: 'SCMP_ACT_ERRNO', architectures, syscalls };
  syscalls.push({ names: REFUSED.filter((name) => !names.includes(name)), action: 'SCMP_ACT_ERRNO', errnoRet: EPERM });
  if (!capabilities.includes('SYS_ADMIN'))
    for (const value of bits(NEW_NAMESPACES))
      syscalls.push({
        names: ['clone'],
        action: 'SCMP_ACT_ERRNO',
        errnoRet: EPERM,
        args: [{ index: 0, value, valueTwo: value, op: 'SCMP_CMP_MASKED_EQ' }],
      });
  return { defaultAction: 'SCMP_ACT_ERRNO', defaultErrnoRet: ENOSYS, architectures, syscalls };
}

/** The bits of a number, each as a number. */
function bits(number: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => 2 ** bit).filter((bit) => (number & bit) !== 0);
}
