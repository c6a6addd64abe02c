/**
 * Stands for packages that dockerode loads and pyshrink does not use: `ssh2` (ssh:// goes through ssh(1), see ssh.ts) and
 * gRPC (builds with BuildKit). To load them took half of the start of a command. See build.mjs.
 */
export {};
