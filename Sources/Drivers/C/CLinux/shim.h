#pragma once
// Calls of Linux that Swift's Glibc module leaves out because they are GNU extensions.

/// Brings all files of the file system that holds `descriptor` to disk; 0, or -1 and errno (syncfs(2)).
int syncfs(int descriptor);

#include <spawn.h>

/// Lets a started program have no descriptor from `from` on; 0, or an errno (posix_spawn_file_actions_addclose(3)).
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Sets niceness and time slice (nanoseconds; kernels before 6.12 ignore it) of the calling thread and of those it will
/// start; 0, or -1 and errno (sched_setattr(2), which glibc has no function for).
static inline int hearth_set_priority(int32_t niceness, uint64_t slice) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t niceness;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = 48, .policy = 0, .niceness = niceness, .runtime = slice};
    return (int)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

#include <fcntl.h>

/// Shares a file with other processes that do the same: the kernel holds the lock for this process until it ends, and
/// knows whose it is. Closing any descriptor of the file ends it too. 0, or -1 and errno (fcntl(2), F_SETLK).
static inline int hearth_share_file(int descriptor) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_SETLK, &lock);
}

/// A process that shares a file by `hearth_share_file`; 0 when there is none, -1 and errno when it cannot be told.
static inline int hearth_file_sharer(int descriptor) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    // F_OFD_GETLK: asked as an open file description, which is another owner than this process, so that a lock of this
    // process counts too.
    if (fcntl(descriptor, 36, &lock) != 0) return -1;
    return lock.l_type == F_UNLCK ? 0 : (int)lock.l_pid;
}

#include <malloc.h>

/// Bounds the heaps that threads of this process get of their own: each of them keeps what its threads have freed.
/// Returns 1, or 0 when glibc does not take it (mallopt(3)). Before the first thread is started.
static inline int hearth_limit_heaps(int count) { return mallopt(M_ARENA_MAX, count); }

/// O_PATH, a GNU extension: the descriptor describes a file and cannot read it, so that opening it has no effect.
static const int hearth_path_only = 010000000;

/// Opens a path below a folder, for its description only (O_PATH): a symbolic link that leads out of the folder is
/// refused with EXDEV, whatever other processes change meanwhile. The descriptor, or -1 and errno (openat2(2), which
/// glibc has no function for); ENOSYS before Linux 5.6.
static inline int hearth_find_beneath(int folder, const char *path) {
    // RESOLVE_NO_MAGICLINKS and RESOLVE_BENEATH.
    struct { uint64_t flags, mode, resolve; } how = {.flags = hearth_path_only | O_CLOEXEC, .resolve = 0x02 | 0x08};
    return (int)syscall(437, folder, path, &how, sizeof how);
}

/// Opens a path below a folder, and no symbolic link on the way or at its end (ELOOP); one that leads out of the folder
/// is refused with EXDEV. The descriptor, or -1 and errno; ENOSYS before Linux 5.6.
static inline int hearth_open_without_links(int folder, const char *path, int flags) {
    // RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH.
    struct { uint64_t flags, mode, resolve; } how = {
        .flags = (uint32_t)flags | O_CLOEXEC, .resolve = 0x02 | 0x04 | 0x08};
    return (int)syscall(437, folder, path, &how, sizeof how);
}
