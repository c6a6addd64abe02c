/*
 * Makes the nth call that changes a file below a folder fail, or kills the process there. It is preloaded (ld.so(8)).
 * PYSHRINK_FAULT: `NUMBER:ERRNO`; with the errno 0, the process gets SIGKILL; with a negative one, as where the disk becomes
 * full, the call writes only a half, and later ones write nothing. PYSHRINK_FAULT_BELOW: the folder.
 * PYSHRINK_FAULT_COUNT: a file that gets the number of calls, one byte for each.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int calls, full;

static int below(const char *path) {
  const char *folder = getenv("PYSHRINK_FAULT_BELOW");
  return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int below_fd(int fd) {
  char link[64], path[PATH_MAX + 1];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX);
  if (length < 0) return 0;
  path[length] = 0;
  return below(path);
}

/* Counts a call. Returns FAIL where it must fail, with errno set, and HALF where it may write only a half. */
enum { FAIL = 1, HALF };
static int fault(void) {
  const char *plan = getenv("PYSHRINK_FAULT"), *count = getenv("PYSHRINK_FAULT_COUNT");
  int number = plan ? atoi(plan) : 0, code = plan && strchr(plan, ':') ? atoi(strchr(plan, ':') + 1) : 0;
  if (count) {
    int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    ssize_t (*real_write)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    int fd = real_open(count, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (real_write(fd, ".", 1) < 0) abort();
    close(fd);
  }
  if (__sync_add_and_fetch(&calls, 1) != number) return 0;
  if (code == 0) raise(SIGKILL);
  errno = code < 0 ? -code : code;
  full = code < 0;
  return full ? HALF : FAIL;
}

/* As above, for a call that writes bytes. */
static int write_fault(int fd) {
  if (!below_fd(fd)) return 0;
  int was_full = full, found = fault();
  if (!was_full) return found;
  errno = ENOSPC;
  return FAIL;
}
#define HALF_OF(size) (found == HALF ? ((size) + 1) / 2 : (size))

#define REAL(result, name, ...) result (*real)(__VA_ARGS__) = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *data, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  int found = write_fault(fd);
  return found == FAIL ? -1 : real(fd, data, HALF_OF(size));
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  int found = write_fault(fd);
  return found == FAIL ? -1 : real(fd, data, HALF_OF(size), at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  int found = write_fault(fd);
  return found == FAIL ? -1 : real(fd, data, HALF_OF(size), at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  int found = write_fault(fd);
  return found == FAIL ? -1 : real(fd, parts, HALF_OF(count));
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
  REAL(ssize_t, sendfile, int, int, off_t *, size_t);
  int found = write_fault(to);
  return found == FAIL ? -1 : real(to, from, at, HALF_OF(size));
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
  REAL(ssize_t, sendfile64, int, int, off64_t *, size_t);
  int found = write_fault(to);
  return found == FAIL ? -1 : real(to, from, at, HALF_OF(size));
}
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned int flags) {
  REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned int);
  int found = write_fault(to);
  return found == FAIL ? -1 : real(from, from_at, to, to_at, HALF_OF(size), flags);
}
/* libuv copies files with this call. */
long syscall(long number, ...) {
  REAL(long, syscall, long, ...);
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int index = 0; index < 6; index++) a[index] = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_copy_file_range) {
    int found = write_fault((int)a[2]);
    if (found == FAIL) return -1;
    a[4] = (long)HALF_OF((size_t)a[4]);
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
int fsync(int fd) {
  REAL(int, fsync, int);
  return below_fd(fd) && fault() ? -1 : real(fd);
}
int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  return below(to) && fault() ? -1 : real(from, to);
}
int link(const char *from, const char *to) {
  REAL(int, link, const char *, const char *);
  return below(to) && fault() ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  return below(path) && fault() ? -1 : real(path, mode);
}
int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return below(path) && fault() ? -1 : real(path);
}
static int opens(const char *name, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
  return (flags & O_CREAT) && below(path) && fault() ? -1 : real(path, flags, mode);
}
#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list rest;                                        \
    va_start(rest, flags);                               \
    mode_t mode = flags & O_CREAT ? va_arg(rest, int) : 0; \
    va_end(rest);                                        \
    return opens(#name, path, flags, mode);              \
  }
OPEN(open)
OPEN(open64)
