/** One CPU architecture, by each of the names that formats and programs have for it. */
export interface Architecture {
  /** e_machine of an ELF header (elf(5)). */
  eMachine: number;
  /** In images: GOARCH (OCI image specification, "Image Configuration"). */
  oci: string;
  /** process.arch of Node.js. */
  node: string;
  /** uname(2). */
  uname: string;
  /** Debian's name, which its library directories carry (wiki.debian.org/Multiarch/Tuples). */
  triplet: string;
  /** Path of glibc's dynamic loader (sysdeps/.../shlib-versions and ldconfig.h of glibc). */
  loader: string;
  /** Values of $PLATFORM in library paths (ld.so(8); AT_PLATFORM of getauxval(3)). */
  platforms: readonly string[];
  /** Value of $LIB in library paths where there is no multiarch. */
  lib: 'lib' | 'lib64';
  /** Flags of its libraries in ld.so.cache (FLAG_ELF_LIBC6 and the architecture; sysdeps/generic/ldconfig.h of glibc). */
  cacheFlags: number;
  /** AUDIT_ARCH_* of linux/audit.h. Only architectures whose system calls the probes know have it (probes/syscalls.py). */
  audit?: number;
}

/** Every architecture that pyshrink knows by name. */
export const ARCHITECTURES: readonly Architecture[] = [
  {
    eMachine: 62,
    oci: 'amd64',
    node: 'x64',
    uname: 'x86_64',
    triplet: 'x86_64-linux-gnu',
    loader: '/lib64/ld-linux-x86-64.so.2',
    platforms: ['x86_64', 'haswell', 'xeon_phi'],
    lib: 'lib64',
    cacheFlags: 0x0303,
    audit: 0xc000003e,
  },
  {
    eMachine: 183,
    oci: 'arm64',
    node: 'arm64',
    uname: 'aarch64',
    triplet: 'aarch64-linux-gnu',
    loader: '/lib/ld-linux-aarch64.so.1',
    platforms: ['aarch64'],
    lib: 'lib64',
    cacheFlags: 0x0a03,
    audit: 0xc00000b7,
  },
  {
    eMachine: 3,
    oci: '386',
    node: 'ia32',
    uname: 'i686',
    triplet: 'i386-linux-gnu',
    loader: '/lib/ld-linux.so.2',
    platforms: ['i686', 'i386'],
    lib: 'lib',
    cacheFlags: 0x0003,
  },
  {
    eMachine: 243,
    oci: 'riscv64',
    node: 'riscv64',
    uname: 'riscv64',
    triplet: 'riscv64-linux-gnu',
    loader: '/lib/ld-linux-riscv64-lp64d.so.1',
    platforms: [],
    lib: 'lib64',
    cacheFlags: 0x1003,
  },
  {
    eMachine: 21,
    oci: 'ppc64le',
    node: 'ppc64',
    uname: 'ppc64le',
    triplet: 'powerpc64le-linux-gnu',
    loader: '/lib64/ld64.so.2',
    platforms: ['power8', 'power9', 'power10'],
    lib: 'lib64',
    cacheFlags: 0x0503,
  },
  {
    eMachine: 22,
    oci: 's390x',
    node: 's390x',
    uname: 's390x',
    triplet: 's390x-linux-gnu',
    loader: '/lib/ld64.so.1',
    platforms: ['z13', 'z14', 'z15', 'z16'],
    lib: 'lib64',
    cacheFlags: 0x0403,
  },
];

/** The architecture of an ELF file; undefined for one that pyshrink does not know. */
export function architectureOfElf(eMachine: number): Architecture | undefined {
  return ARCHITECTURES.find((one) => one.eMachine === eMachine);
}

/** The architecture that uname(2) calls so; undefined for one that pyshrink does not know. */
export function architectureOfUname(name: string): Architecture | undefined {
  return ARCHITECTURES.find(({ uname }) => uname === name);
}

/** The architecture of the computer that pyshrink runs on, as images name it. An unknown one keeps Node's name. */
export function ownArchitecture(): string {
  return ARCHITECTURES.find(({ node }) => node === process.arch)?.oci ?? process.arch;
}
