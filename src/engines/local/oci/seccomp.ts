import { ALLOWED, ALLOWED_BY_ARCHITECTURE, ALLOWED_BY_CAPABILITY, NEW_NAMESPACES, PERSONALITIES } from './data/allowed.js';

interface Rule {
  names: readonly string[];
  action: string;
  errnoRet?: number;
  args?: readonly { index: number; value: number; valueTwo?: number; op: string }[];
}

/** `linux.seccomp` of the OCI runtime specification (config-linux.md, "Seccomp"). */
export interface SeccompProfile {
  defaultAction: string;
  architectures: readonly string[];
  syscalls: readonly Rule[];
}

const ENOSYS = 38;
/** Architectures of the kernel, by those of Node.js. A program may use each of them. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
};

/**
 * Docker's default profile for a container.
 * @param capabilities names without `CAP_`
 * @param architecture as `process.arch` has it
 * @returns undefined for an architecture that pyshrink does not know
 */
export function seccompProfile(capabilities: readonly string[], architecture: string): SeccompProfile | undefined {
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
  return { defaultAction: 'SCMP_ACT_ERRNO', architectures, syscalls };
}
