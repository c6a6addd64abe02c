/**
 * Paths that a container must not read: moby, oci/defaults.go, "MaskedPaths". Files are covered with /dev/null, directories
 * with an empty file system (OCI runtime specification, config-linux.md, "Masked Paths").
 */
export const MASKED = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Paths that a container must not write: moby, oci/defaults.go, "ReadonlyPaths" (OCI runtime specification, config-linux.md). */
export const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Device files that every container gets (OCI runtime specification, config-linux.md, "Default Devices"). */
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
