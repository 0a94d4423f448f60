// SPDX-License-Identifier: Apache-2.0
/*
 * amphora-start: becomes the application of a launch plan.
 *
 *     amphora-start PLAN [ARGUMENT...]
 *     amphora-start --planner COMMAND [ARGUMENT...]
 *
 * A plan is text, one directive a line, a verb and its arguments separated by tabs; docs/plan-format.md has the verbs.
 * Java decides, this file obeys: it makes a user and a mount namespace, puts the root file system together, and calls
 * execve(2) in its own place, so that the application keeps process id, descriptors, signals and exit status of the
 * caller. It is never set-uid, and nothing of it stays behind: no process, no file, no mount.
 *
 * The order of make_container() is the order the kernel needs:
 *   - one user namespace in which the caller is uid 0 owns all mounts; overlayfs and FUSE need a mapped uid 0;
 *   - /dev/fuse is opened in that namespace (mount(2) answers EINVAL to a descriptor of another one), but the FUSE
 *     server starts before the mount namespace is made: it does not keep that alive, so that the last process of the
 *     container takes the mount with it, and the server ends by itself, also after SIGKILL;
 *   - sources are opened while the host's root is the root, destinations are looked up when the container's is;
 *   - the caller's own uid comes back last, in a nested user namespace that has no power over the mounts.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/nsfs.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The mount interface of Linux 5.2 and 5.12 by number: C libraries older than glibc 2.36 do not declare it. */
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 4
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#define READ_ONLY 1u /* MOUNT_ATTR_RDONLY, NOSUID, NODEV have the values of MS_RDONLY, MS_NOSUID, MS_NODEV */

enum { LAUNCH_FAILED = 255, PLAN_LIMIT = 4 << 20, OWN_LIMIT = 64 };

struct attributes { /* struct mount_attr of mount_setattr(2) */
    uint64_t set, clear, propagation, userns;
};

struct chunk { /* of the memory that holds the plan; freed as a whole */
    struct chunk *next;
    size_t used, size;
    char bytes[];
};

struct plan;
struct directive;

enum making { NOTHING, DIRECTORY, SOURCES_KIND, TEXT_FILE, COPY, LINK, ACCOUNTS }; /* what stands at its destination */

struct verb {
    const char *name;
    const char *grammar; /* a letter for each argument, see good_argument(); then ? for optional, + for one or more */
    bool once;
    size_t flag, place; /* the bool of the plan that it sets, the pointer that remembers it */
    bool shapes; /* the container, as do all that make something at a destination */
    enum making makes;
    bool (*note)(struct plan *, struct directive *);        /* checks it further; no side effects */
    void (*arrange)(struct plan *, struct directive *);    /* environment */
    void (*open_source)(struct plan *, struct directive *); /* while the root is the host's */
    void (*mount)(struct plan *, struct directive *);      /* when the root is the container's */
};

struct directive {
    const struct verb *verb;
    int count;
    char **arguments;
    const char *file;
    int line;
    unsigned options; /* of a bind */
    int source;       /* descriptor; -1: none or skipped */
    char *text, *group_text; /* lines of accounts */
};

struct plan {
    struct chunk *memory;
    struct directive **directives;
    size_t count, room;
    const char *complaint; /* why it cannot be read */
    const char *advice;    /* what to do then, when the complaint is about a fragment */
    int include_depth;

    struct directive *image, *upper, *exec, *cwd, *hostname, *umask, *record, *linger;
    bool writable, root_inside, subids, fake_ids, no_init, pass_arguments, die_with_parent;
    int namespaces;

    char **environment;
    size_t variables;

    uid_t uid;
    gid_t gid, groups[64];
    int group_count;
    bool all_ids; /* the caller is a root that may map every id it has */
    struct rlimit files;
    struct sigaction child_ended; /* the caller's SIGCHLD */
    int proc;       /* /proc of the host */
    int host_root;  /* "/" of the host */
    int stage;      /* a directory on the staging tmpfs */
    int staged;     /* files written there */
    int image_tree; /* the directory image as a detached mount */
    int fuse, release, server_says;
    char *command_line; /* as ps(1) shows it, to write over */
    size_t command_length;
    char group[48]; /* name of the group that shares the container; empty when there is none */
    bool lingers;   /* the group is one of later launches, not of ranks */
    int gate;       /* socket of that name while this process makes the container */
    int serves;     /* pipe whose other end the FUSE server has; -1: none that lingers */
    int record_fd;  /* where the launch record goes; -1: nowhere */
    char *record_id, *record_text;
    dev_t own[OWN_LIMIT]; /* file systems that are gone when the container is */
    int owned;
    int layers;
    bool needs_overlay, root_is_temporary;
    int parent_alive; /* pipe to the waiting parent; -1 without one */
    pid_t caller;     /* the process that started this one */
};

/* ---- failures and memory -------------------------------------------------------------------------------------- */

static _Noreturn void fail(const char *what, const char *why, const char *fix) {
    dprintf(STDERR_FILENO, "error: %s\nwhy:   %s\nfix:   %s\n", what, why, fix);
    _exit(LAUNCH_FAILED);
}

static void *keep(struct plan *plan, size_t size) {
    size = (size + 15) & ~(size_t)15;
    struct chunk *chunk = plan->memory;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t room = size > 16000 ? size : 16000;
        chunk = malloc(sizeof *chunk + room);
        if (chunk == NULL)
            fail("cannot launch", "out of memory", "free memory on this node");
        *chunk = (struct chunk){.next = plan->memory, .size = room};
        plan->memory = chunk;
    }
    void *result = chunk->bytes + chunk->used;
    chunk->used += size;
    return memset(result, 0, size);
}

__attribute__((format(printf, 2, 3))) static char *text(struct plan *plan, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *result = keep(plan, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(result, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return result;
}

/* A whole file, or NULL with errno. Only regular files when `regular`: opening a fifo would wait for ever. */
static char *read_file(struct plan *plan, int directory, const char *path, bool regular, size_t *length) {
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0));
    if (fd < 0)
        return NULL;
    struct stat status;
    if (fstat(fd, &status) < 0 || (regular && !S_ISREG(status.st_mode)) || status.st_size > PLAN_LIMIT) {
        int error = status.st_size > PLAN_LIMIT ? EFBIG : S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        close(fd);
        errno = error;
        return NULL;
    }
    size_t room = status.st_size > 0 ? (size_t)status.st_size + 1 : 4096, used = 0;
    char *bytes = keep(plan, room + 1);
    ssize_t got;
    while ((got = read(fd, bytes + used, room - used)) > 0) {
        used += (size_t)got;
        if (used == room) { /* files of /proc tell no size */
            if (room > PLAN_LIMIT) {
                close(fd);
                errno = EFBIG;
                return NULL;
            }
            char *larger = keep(plan, room * 2 + 1);
            memcpy(larger, bytes, used);
            bytes = larger;
            room *= 2;
        }
    }
    int error = errno;
    close(fd);
    errno = error;
    *length = used;
    return got < 0 ? NULL : bytes;
}

/* The next line of a text, which goes on to its line end; NULL behind the last. */
static const char *next_line(const char **rest) {
    const char *line = *rest, *end = line != NULL ? strchr(line, '\n') : NULL;
    *rest = end != NULL ? end + 1 : NULL;
    return line != NULL && *line != '\0' ? line : NULL;
}

static bool write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* ---- verbs: what they say (no side effects, so that the fuzzer can call them) ----------------------------------- */

__attribute__((format(printf, 3, 4))) static bool complain(struct plan *plan, const struct directive *d,
                                                           const char *format, ...) {
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    plan->complaint = text(plan, "%s, line %d: %s", d->file, d->line, reason);
    return false;
}

/* Whether an argument is what the verb's grammar says: p an absolute path, o an offset, m a mode, s a size, n the name of
 * a variable, t any text. */
static bool good_argument(struct plan *plan, const struct directive *d, char kind, const char *argument) {
    size_t length = strlen(argument);
    const char *needed = NULL;
    switch (kind) {
    case 'p':
        needed = argument[0] == '/' ? NULL : "an absolute path";
        break;
    case 'o':
        needed = length > 0 && length <= 18 && strspn(argument, "0123456789") == length ? NULL : "an offset in bytes";
        break;
    case 'm':
        needed = length > 0 && length <= 4 && strspn(argument, "01234567") == length ? NULL : "an octal mode";
        break;
    case 's':
        needed = strcmp(argument, "-") == 0 || (length > 0 && strspn(argument, "0123456789kKmMgG%") == length)
                     ? NULL
                     : "a size as in tmpfs(5) or -";
        break;
    case 'n':
        needed = length > 0 && strchr(argument, '=') == NULL ? NULL : "the name of a variable";
        break;
    }
    return needed == NULL || complain(plan, d, "%s needs %s, not \"%.200s\"", d->verb->name, needed, argument);
}

static mode_t mode_of(const char *digits) {
    return (mode_t)strtoul(digits, NULL, 8);
}

static bool one_image(struct plan *plan, struct directive *d) {
    if (plan->image != NULL)
        return complain(plan, d, "a second root image; line %d has the first", plan->image->line);
    plan->image = d;
    return true;
}

static bool note_upper(struct plan *plan, struct directive *d) {
    if (strcmp(d->arguments[0], "tmpfs") == 0)
        return true;
    return d->count == 2 ? complain(plan, d, "only upper tmpfs takes a size") : good_argument(plan, d, 'p', d->arguments[0]);
}

static bool note_identity(struct plan *plan, struct directive *d) {
    const char *kind = d->arguments[0];
    plan->subids = strcmp(kind, "subids") == 0;
    plan->root_inside = plan->subids || strcmp(kind, "root") == 0;
    return plan->root_inside || strcmp(kind, "caller") == 0 ||
           complain(plan, d, "identity is caller, root or subids, not \"%.200s\"", kind);
}

static bool note_unshare(struct plan *plan, struct directive *d) {
    static const struct {
        const char *name;
        int flag;
    } kinds[] = {{"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(d->arguments[0], kinds[i].name) == 0) {
            if (plan->namespaces & kinds[i].flag)
                return complain(plan, d, "unshare %s stands twice", kinds[i].name);
            plan->namespaces |= kinds[i].flag;
            return true;
        }
    return complain(plan, d, "unshare is pid, ipc, uts or net, not \"%.200s\"", d->arguments[0]);
}

static bool note_hostname(struct plan *plan, struct directive *d) {
    size_t length = strlen(d->arguments[0]);
    return (length > 0 && length <= 64) || complain(plan, d, "a host name has 1 to 64 characters");
}

enum { RW = 1, RO = 2, REC = 4, DEV = 8, OPTIONAL = 16 };

static bool note_bind(struct plan *plan, struct directive *d) {
    static const char *const names[] = {"rw", "ro", "rec", "dev", "optional"};
    for (const char *at = d->arguments[2]; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ","), i = 0;
        while (i < 5 && (strlen(names[i]) != length || memcmp(names[i], at, length) != 0))
            i++;
        if (i == 5)
            return complain(plan, d, "bind has the options rw, ro, rec, dev and optional, not \"%.*s\"",
                            length < 200 ? (int)length : 200, at);
        d->options |= 1u << i;
    }
    return !(d->options & RW) != !(d->options & RO) || complain(plan, d, "bind needs either rw or ro");
}

static bool note_symlink(struct plan *plan, struct directive *d) {
    return d->arguments[0][0] != '\0' || complain(plan, d, "symlink needs a target");
}

static bool is_name(const char *name) {
    static const char start[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    return name[0] != '\0' && strchr(start, name[0]) != NULL &&
           name[1 + strspn(name + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

static bool note_cwd(struct plan *plan, struct directive *d) {
    for (int i = 0; i < d->count; i++)
        if (!(i > 0 && i == d->count - 1 && strcmp(d->arguments[i], "-") == 0) && !good_argument(plan, d, 'p', d->arguments[i]))
            return false;
    return true;
}

/* The caller's working directory: a bind on its own place, and where to start. Known from here on, because ranks share a
 * container only when it is the same. */
static bool note_here(struct plan *plan, struct directive *d) {
    char *directory = keep(plan, PATH_MAX), *named = getenv("PWD");
    if (getcwd(directory, PATH_MAX) == NULL || directory[0] != '/')
        strcpy(directory, "/");
    d->arguments = keep(plan, 2 * sizeof *d->arguments);
    d->arguments[0] = d->arguments[1] = directory;
    d->count = 2;
    d->options = RW | REC | OPTIONAL;
    struct directive *cwd = keep(plan, sizeof *cwd);
    *cwd = (struct directive){.verb = d->verb, .file = d->file, .line = d->line, .source = -1};
    cwd->arguments = keep(plan, 3 * sizeof *cwd->arguments);
    if (named != NULL && strcmp(named, directory) != 0)
        cwd->arguments[cwd->count++] = named;
    cwd->arguments[cwd->count++] = directory;
    cwd->arguments[cwd->count++] = text(plan, "%s", "-");
    plan->cwd = cwd;
    return true;
}

static bool note_exec(struct plan *plan, struct directive *d) {
    return d->arguments[0][0] != '\0' || complain(plan, d, "exec needs a program");
}

static bool note_join(struct plan *plan, struct directive *d) {
    for (int i = 0; i < d->count; i++)
        if (!is_name(d->arguments[i]) && (d->count > 1 || strcmp(d->arguments[i], "-") != 0))
            return complain(plan, d, "join needs names of variables, or -, not \"%.200s\"", d->arguments[i]);
    return true;
}

static bool note_linger(struct plan *plan, struct directive *d) {
    char *end;
    unsigned long seconds = strtoul(d->arguments[0], &end, 10);
    return (d->arguments[0][0] != '-' && *end == '\0' && seconds >= 1 && seconds <= 3600) ||
           complain(plan, d, "linger needs 1 to 3600 seconds, not \"%.200s\"", d->arguments[0]);
}

static bool note_record(struct plan *plan, struct directive *d) {
    for (int i = 1; i < d->count; i++) {
        size_t length = strcspn(d->arguments[i], "=:");
        if (length == 0 || d->arguments[i][length] == '\0')
            return complain(plan, d, "record needs NAME=VALUE or NAME:VARIABLE,…, not \"%.200s\"", d->arguments[i]);
    }
    return strcmp(d->arguments[0], "syslog") == 0 || good_argument(plan, d, 'p', d->arguments[0]);
}

static bool read_plan_file(struct plan *plan, const char *file, bool optional, const struct directive *from);

static bool note_include(struct plan *plan, struct directive *d) {
    if (plan->include_depth > 0)
        return complain(plan, d, "an included plan includes another");
    plan->include_depth++;
    bool good = read_plan_file(plan, d->arguments[0], strcmp(d->verb->name, "include-optional") == 0, d);
    plan->include_depth--;
    if (good)
        plan->advice = NULL;
    return good;
}

/* The first line of a file of /proc or /sys, whose time and size say nothing. */
static char *first_line(struct plan *plan, const char *file) {
    size_t length;
    char *line = read_file(plan, AT_FDCWD, file, true, &length);
    if (line != NULL)
        line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Facts that a fragment was compiled from. The message must lead to the cure: a stale fragment names the driver
 * libraries of before the upgrade, and would fail much later and less clearly. */
static bool note_made_from(struct plan *plan, struct directive *d) {
    const char *fact = d->arguments[0], *expected = d->arguments[1];
    char *seen = NULL;
    if (strcmp(fact, "boot-id") == 0)
        seen = first_line(plan, "/proc/sys/kernel/random/boot_id");
    else if (strncmp(fact, "text:/", 6) == 0)
        seen = first_line(plan, fact + 5);
    else if (strncmp(fact, "file:/", 6) == 0) {
        struct stat status;
        if (stat(fact + 5, &status) == 0)
            seen = text(plan, "%lld.%lld", (long long)status.st_mtime, (long long)status.st_size);
    } else
        return complain(plan, d, "made-from knows boot-id, text:/PATH and file:/PATH, not \"%.200s\"", fact);
    seen = seen != NULL ? seen : "-";
    plan->advice = "compile what this node brings again: amphora host --write, as root for all users";
    return strcmp(seen, expected) == 0 ||
           complain(plan, d, "%.200s has changed from %.100s to %.100s since this was compiled; compile it again", fact,
                    expected, seen);
}

/* ---- the plan reader -------------------------------------------------------------------------------------------- */

/* One argument, up to its tab or line end: escapes undone, ${NAME} replaced. */
static char *read_argument(struct plan *plan, const struct directive *d, const char *from, const char *end) {
    size_t room = (size_t)(end - from) + 1;
    char *result = NULL;
    for (int pass = 0; pass < 2; pass++) { /* count, then write */
        size_t used = 0;
        for (const char *at = from; at < end; at++) {
            char c = *at;
            if (c == '\\') {
                static const char letters[] = "tn\\$", meanings[] = "\t\n\\$";
                const char *letter = ++at < end ? memchr(letters, *at, 4) : NULL;
                if (letter == NULL) {
                    complain(plan, d, "\\ stands before %s", at < end ? "none of t n \\ $" : "the end of an argument");
                    return NULL;
                }
                c = meanings[letter - letters];
            } else if (c == '$') {
                const char *close = at + 1 < end && at[1] == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
                if (close == NULL) {
                    complain(plan, d, "$ stands for itself only as \\$, for a variable as ${NAME}");
                    return NULL;
                }
                char name[256];
                snprintf(name, sizeof name, "%.*s", (int)(close - at - 2 < 255 ? close - at - 2 : 255), at + 2);
                char *instead = strstr(name, ":-");
                if (instead != NULL) {
                    *instead = '\0';
                    instead += 2;
                }
                const char *value = is_name(name) ? getenv(name) : NULL;
                if (instead != NULL && (value == NULL || value[0] == '\0'))
                    value = instead;
                if (value == NULL) {
                    complain(plan, d, "the variable %s is not set", name);
                    return NULL;
                }
                size_t length = strlen(value);
                if (pass > 0)
                    memcpy(result + used, value, length);
                used += length;
                at = close;
                continue;
            }
            if (pass > 0)
                result[used] = c;
            used++;
        }
        if (pass == 0) {
            if (used > PLAN_LIMIT) {
                complain(plan, d, "an argument is longer than %d bytes", PLAN_LIMIT);
                return NULL;
            }
            room = used + 1;
            result = keep(plan, room);
        }
    }
    return result;
}

static const struct verb *verb_named(const char *name, size_t length);

static bool read_directive(struct plan *plan, const char *file, int line, const char *from, const char *end) {
    struct directive d = {.file = file, .line = line, .source = -1};
    const char *verb_end = memchr(from, '\t', (size_t)(end - from));
    size_t length = (size_t)((verb_end != NULL ? verb_end : end) - from);
    d.verb = verb_named(from, length);
    if (d.verb == NULL)
        return complain(plan, &d, "unknown verb \"%.*s\"", (int)(length < 80 ? length : 80), from);
    for (const char *at = verb_end; at != NULL; at = memchr(at + 1, '\t', (size_t)(end - at - 1)))
        d.count++;
    const char *grammar = d.verb->grammar;
    bool any = strchr(grammar, '+') != NULL, optional = strchr(grammar, '?') != NULL;
    int letters = (int)strlen(grammar) - any - optional, least = letters - optional;
    if (d.count < least || (!any && d.count > letters))
        return complain(plan, &d, "%s has %d arguments, needs %s%d", d.verb->name, d.count,
                        any ? "at least " : d.count < least ? "" : "at most ", d.count < least ? least : letters);
    d.arguments = keep(plan, ((size_t)d.count + 1) * sizeof *d.arguments);
    const char *at = verb_end;
    for (int i = 0; i < d.count; i++) {
        const char *next = memchr(at + 1, '\t', (size_t)(end - at - 1));
        d.arguments[i] = read_argument(plan, &d, at + 1, next != NULL ? next : end);
        if (d.arguments[i] == NULL || !good_argument(plan, &d, grammar[i < letters ? i : letters - 1], d.arguments[i]))
            return false;
        at = next;
    }
    if (d.verb->once)
        for (size_t i = 0; i < plan->count; i++)
            if (plan->directives[i]->verb == d.verb)
                return complain(plan, &d, "%s stands already in line %d", d.verb->name, plan->directives[i]->line);
    struct directive *kept = keep(plan, sizeof d);
    *kept = d;
    if (d.verb->flag != 0)
        *(bool *)((char *)plan + d.verb->flag) = true;
    if (d.verb->place != 0)
        *(struct directive **)((char *)plan + d.verb->place) = kept;
    if (d.verb->note != NULL && !d.verb->note(plan, kept))
        return false;
    if (plan->count == plan->room) {
        struct directive **larger = keep(plan, (plan->room * 2 + 64) * sizeof *larger);
        if (plan->count > 0)
            memcpy(larger, plan->directives, plan->count * sizeof *larger);
        plan->directives = larger;
        plan->room = plan->room * 2 + 64;
    }
    plan->directives[plan->count++] = kept;
    return true;
}

static bool read_plan(struct plan *plan, const char *file, const char *bytes, size_t length) {
    struct directive here = {.file = file, .line = 1};
    bool started = false;
    if (memchr(bytes, '\0', length) != NULL)
        return complain(plan, &here, "a NUL byte: this is no plan");
    for (const char *at = bytes, *limit = bytes + length; at < limit; here.line++) {
        const char *end = memchr(at, '\n', (size_t)(limit - at));
        if (end == NULL)
            return complain(plan, &here, "the last line has no end: the file is truncated");
        size_t size = (size_t)(end - at);
        if (!started) {
            if (here.line == 1 && size > 2 && memcmp(at, "#!", 2) == 0) {
                at = end + 1;
                continue;
            }
            if (size != 14 || memcmp(at, "amphora-plan 1", 14) != 0)
                return complain(plan, &here, "this is no plan of version 1: the first line is not \"amphora-plan 1\"");
            started = true;
        } else if (size > 0 && at[0] != '#' && !read_directive(plan, file, here.line, at, end))
            return false;
        at = end + 1;
    }
    return started || complain(plan, &here, "the plan is empty");
}

static bool read_plan_file(struct plan *plan, const char *file, bool optional, const struct directive *from) {
    struct directive here = {.file = file, .line = 1};
    size_t length;
#ifdef FUZZ /* opens nothing */
    char *bytes = NULL;
    errno = ENOENT;
    length = 0;
#else
    char *bytes = read_file(plan, AT_FDCWD, file, true, &length);
#endif
    if (bytes == NULL && optional && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (bytes == NULL)
        return complain(plan, from != NULL ? from : &here, "cannot read %.300s: %s", file,
                        errno == EFBIG ? "longer than a plan can be (4 MiB)" : strerror(errno));
    return read_plan(plan, file, bytes, length);
}

static struct directive *find(struct plan *plan, const char *verb) {
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->directives[i]->verb->name, verb) == 0)
            return plan->directives[i];
    return NULL;
}

/* What no single line shows. */
static bool check_plan(struct plan *plan, const char *file) {
    struct directive end = {.file = file, .line = 1};
    const struct directive *d;
    if (plan->image == NULL)
        return complain(plan, &end, "no root image (squashfs or directory)");
    if (plan->exec == NULL)
        return complain(plan, &end, "no exec");
    if (find(plan, "here") != NULL && find(plan, "cwd") != NULL)
        return complain(plan, find(plan, "cwd"), "cwd excludes here, which stands in line %d", find(plan, "here")->line);
    if (plan->hostname != NULL && !(plan->namespaces & CLONE_NEWUTS))
        return complain(plan, plan->hostname, "hostname needs unshare uts");
    if (plan->no_init && !(plan->namespaces & CLONE_NEWPID))
        return complain(plan, find(plan, "no-init"), "no-init needs unshare pid");
    d = find(plan, "join") != NULL ? find(plan, "join") : plan->linger;
    if (d != NULL && (plan->namespaces & CLONE_NEWPID || plan->writable))
        return complain(plan, d, "%s excludes %s", d->verb->name, plan->writable ? "writable" : "unshare pid");
    if (!plan->writable)
        return true;
    d = find(plan, "writable");
    if (strcmp(plan->image->verb->name, "directory") != 0)
        return complain(plan, d, "writable needs the root image to be a directory");
    if (plan->upper != NULL || find(plan, "layer") != NULL || find(plan, "copies") != NULL)
        return complain(plan, d, "writable excludes upper, layer and copies");
    return true;
}

/* ---- verbs: environment ----------------------------------------------------------------------------------------- */

static char **variable(struct plan *plan, const char *name, size_t length) {
    for (size_t i = 0; i < plan->variables; i++)
        if (strncmp(plan->environment[i], name, length) == 0 && plan->environment[i][length] == '=')
            return &plan->environment[i];
    return NULL;
}

static void set_variable(struct plan *plan, const char *name, const char *value) {
    char **place = variable(plan, name, strlen(name));
    if (place == NULL) {
        if (plan->variables % 64 == 0) {
            char **larger = keep(plan, (plan->variables + 65) * sizeof *larger);
            if (plan->variables > 0)
                memcpy(larger, plan->environment, plan->variables * sizeof *larger);
            plan->environment = larger;
        }
        place = &plan->environment[plan->variables++];
        plan->environment[plan->variables] = NULL;
    }
    *place = text(plan, "%s=%s", name, value);
}

static void copy_environment(struct plan *plan) {
    extern char **environ;
    size_t count = 0;
    while (environ != NULL && environ[count] != NULL)
        count++;
    plan->environment = keep(plan, (count / 64 + 2) * 64 * sizeof *plan->environment);
    for (size_t i = 0; i < count; i++)
        plan->environment[plan->variables++] = environ[i];
}

static bool matches(const struct directive *d, const char *entry) {
    size_t length = strcspn(entry, "=");
    for (int i = 0; i < d->count; i++) {
        const char *pattern = d->arguments[i];
        size_t fixed = strlen(pattern);
        if (fixed > 0 && pattern[fixed - 1] == '*' ? length >= fixed - 1 && strncmp(entry, pattern, fixed - 1) == 0
                                                   : length == fixed && strncmp(entry, pattern, fixed) == 0)
            return true;
    }
    return false;
}

static void filter(struct plan *plan, const struct directive *d, bool kept) {
    size_t left = 0;
    for (size_t i = 0; i < plan->variables; i++)
        if (matches(d, plan->environment[i]) == kept)
            plan->environment[left++] = plan->environment[i];
    plan->variables = left;
    plan->environment[left] = NULL;
}

static void env_keep(struct plan *plan, struct directive *d) {
    filter(plan, d, true);
}

static void env_drop(struct plan *plan, struct directive *d) {
    filter(plan, d, false);
}

static void env_hold(struct plan *plan, struct directive *d) {
    (void)d;
    size_t count = plan->variables, size = 1;
    char **old = plan->environment;
    for (size_t i = 0; i < count; i++)
        size += strcspn(old[i], "=") + 1;
    char *names = keep(plan, size), *end = names;
    plan->variables = 0;
    plan->environment = keep(plan, (count / 64 + 2) * 64 * sizeof *plan->environment);
    for (size_t i = 0; i < count; i++) {
        char *name = text(plan, "%.*s", (int)strcspn(old[i], "="), old[i]);
        if (!is_name(name) || old[i][strlen(name)] != '=')
            continue;
        plan->environment[plan->variables++] = text(plan, "AMPHORA_HELD_%s", old[i]);
        end += sprintf(end, end > names ? " %s" : "%s", name);
    }
    set_variable(plan, "AMPHORA_HELD", names);
}

static void env_set(struct plan *plan, struct directive *d) {
    set_variable(plan, d->arguments[0], d->arguments[1]);
}

static void env_default(struct plan *plan, struct directive *d) {
    if (variable(plan, d->arguments[0], strlen(d->arguments[0])) == NULL)
        env_set(plan, d);
}

static void env_join(struct plan *plan, struct directive *d, bool before) {
    char **place = variable(plan, d->arguments[0], strlen(d->arguments[0]));
    const char *old = place != NULL ? *place + strlen(d->arguments[0]) + 1 : "", *value = d->arguments[1];
    set_variable(plan, d->arguments[0],
                 old[0] == '\0' ? value : text(plan, "%s%s%s", before ? value : old, d->arguments[2], before ? old : value));
}

static void env_prepend(struct plan *plan, struct directive *d) {
    env_join(plan, d, true);
}

static void env_append(struct plan *plan, struct directive *d) {
    env_join(plan, d, false);
}

/* ---- identity --------------------------------------------------------------------------------------------------- */

static long number_in(struct plan *plan, const char *file) {
    size_t length;
    char *value = read_file(plan, AT_FDCWD, file, false, &length);
    return value != NULL ? strtol(value, NULL, 10) : -1;
}

/* Distributions switch unprivileged user namespaces off in four ways, and the kernel answers EPERM or ENOSPC to all. */
static _Noreturn void refuse_namespace(struct plan *plan, const char *call, int error) {
    const char *what = "cannot make a user namespace";
    if (number_in(plan, "/proc/sys/user/max_user_namespaces") == 0)
        fail(what, "user namespaces are off (user.max_user_namespaces = 0)",
             "as root: sysctl -w user.max_user_namespaces=65536 (and a file in /etc/sysctl.d)");
    if (number_in(plan, "/proc/sys/kernel/unprivileged_userns_clone") == 0)
        fail(what, "user namespaces are off for users (kernel.unprivileged_userns_clone = 0)",
             "as root: sysctl -w kernel.unprivileged_userns_clone=1 (and a file in /etc/sysctl.d)");
    if (number_in(plan, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
        fail(what, "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)",
             "as root: install the AppArmor profile that allows userns to amphora-start, or sysctl -w "
             "kernel.apparmor_restrict_unprivileged_userns=0");
    size_t length;
    const char *mounts = read_file(plan, AT_FDCWD, "/proc/self/mountinfo", false, &length);
    if (error == EPERM && mounts != NULL && strstr(mounts, " / / ") == NULL)
        fail(what, "this process runs in a chroot(2), where the kernel allows none", "launch outside of the chroot");
    if (error == ENOSPC)
        fail(what, text(plan, "%s: the limit of user namespaces is reached", call),
             "as root: raise user.max_user_namespaces with sysctl");
    fail(what, text(plan, "%s: %s", call, strerror(error)),
         "ask the administrator to allow unprivileged user namespaces (sysctl user.max_user_namespaces; inside of "
         "another container: its seccomp profile)");
}

static void write_map(struct plan *plan, const char *file, const char *map) {
    int fd = openat(plan->proc, file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, map, strlen(map)) < 0) {
        int error = errno;
        refuse_namespace(plan, text(plan, "write(2) to /proc/%s", file), error);
    }
    close(fd);
}

static void close_from(int first) {
    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
    struct rlimit limit; /* before Linux 5.9 */
    getrlimit(RLIMIT_NOFILE, &limit);
    int last = limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int fd = first; fd < last; fd++)
        close(fd);
}

/* The lines of a database of accounts for some numeric ids: from the file, else from getent(1), which knows LDAP and sssd
 * and keeps their libraries out of this program. */
static char *account_lines(struct plan *plan, const char *database, const char *const *keys, int count) {
    size_t length;
    char *file = read_file(plan, AT_FDCWD, text(plan, "/etc/%s", database), true, &length), *found = text(plan, "%s", "");
    const char *missing[68] = {"getent", database};
    int missed = 2;
    for (int i = 0; i < count; i++) {
        bool seen = false;
        for (const char *line, *rest = file; !seen && (line = next_line(&rest)) != NULL;) {
            char id[32];
            if (sscanf(line, "%*[^:\n]:%*[^:\n]:%31[0-9]:", id) == 1 && strcmp(id, keys[i]) == 0) {
                found = text(plan, "%s%.*s\n", found, (int)strcspn(line, "\n"), line);
                seen = true;
            }
        }
        if (!seen && missed < 66)
            missing[missed++] = keys[i];
    }
    int ends[2];
    if (missed == 2 || pipe2(ends, O_CLOEXEC) < 0)
        return found;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(null, 2);
        close_from(3);
        execvp("getent", (char **)missing);
        _exit(1);
    }
    close(ends[1]);
    char buffer[4096];
    for (ssize_t got; child > 0 && (got = read(ends[0], buffer, sizeof buffer)) > 0;)
        found = text(plan, "%s%.*s", found, (int)got, buffer);
    close(ends[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return found;
}

/* newuidmap PID 0 UID 1 1 START COUNT: set-uid programs of the distribution, which check /etc/subuid themselves. */
static void run_map_program(struct plan *plan, pid_t pid, bool group) {
    const char *file = group ? "/etc/subgid" : "/etc/subuid", *uid = text(plan, "%u", plan->uid);
    const char *account = account_lines(plan, "passwd", &uid, 1);
    const char *user = account[0] != '\0' ? text(plan, "%.*s", (int)strcspn(account, ":"), account) : uid;
    size_t length;
    char *lines = read_file(plan, AT_FDCWD, file, true, &length), *arguments[64];
    int count = 0;
    unsigned long inside = 1;
    arguments[count++] = group ? "newgidmap" : "newuidmap";
    arguments[count++] = text(plan, "%d", pid);
    arguments[count++] = "0";
    arguments[count++] = text(plan, "%u", group ? plan->gid : plan->uid);
    arguments[count++] = "1";
    for (const char *line, *rest = lines; (line = next_line(&rest)) != NULL;) {
        char name[256];
        unsigned long start, size;
        if (sscanf(line, "%255[^:\n]:%lu:%lu", name, &start, &size) != 3 || count > 59 ||
            (strcmp(name, uid) != 0 && strcmp(name, user) != 0))
            continue;
        arguments[count++] = text(plan, "%lu", inside);
        arguments[count++] = text(plan, "%lu", start);
        arguments[count++] = text(plan, "%lu", size);
        inside += size;
    }
    arguments[count] = NULL;
    if (inside == 1)
        fail("cannot map subordinate ids", text(plan, "%s has no range for %s", file, user),
             text(plan, "as root: usermod --add-sub%s 100000-165535 %s, or use identity root with fake-ids",
                  group ? "gids" : "uids", user));
    pid_t child = fork();
    if (child == 0) {
        execvp(arguments[0], arguments);
        int error = errno;
        fail("cannot map subordinate ids", text(plan, "%s: %s", arguments[0], strerror(error)),
             "install uidmap (Debian) or shadow-utils (Fedora)");
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        _exit(LAUNCH_FAILED);
}

/* The ranges of this process's own id map, each mapped to itself, as a root may do it. */
static char *same_ids(struct plan *plan, const char *file) {
    size_t length;
    char *lines = read_file(plan, plan->proc, file, false, &length), *map = text(plan, "%s", "");
    for (const char *line, *rest = lines; (line = next_line(&rest)) != NULL;) {
        unsigned inside, outside, size;
        if (sscanf(line, "%u %u %u", &inside, &outside, &size) == 3)
            map = text(plan, "%s%u %u %u\n", map, inside, inside, size);
    }
    return map;
}

/* Maps of several ids must be written from the namespace above: by a child that waits until this process has left it. */
static pid_t start_mapper(struct plan *plan, int *ready) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        fail("cannot launch", text(plan, "pipe2(2): %s", strerror(errno)), "raise the limit of open files (ulimit -n)");
    const char *uids = same_ids(plan, "self/uid_map"), *gids = same_ids(plan, "self/gid_map");
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        fail("cannot launch", text(plan, "fork(2): %s", strerror(errno)), "raise the limit of processes (ulimit -u)");
    if (child == 0) {
        char go;
        close(ends[1]);
        if (read(ends[0], &go, 1) != 1)
            _exit(LAUNCH_FAILED);
        if (plan->all_ids) {
            write_map(plan, text(plan, "%d/gid_map", parent), gids);
            write_map(plan, text(plan, "%d/uid_map", parent), uids);
        } else {
            run_map_program(plan, parent, false);
            run_map_program(plan, parent, true);
        }
        _exit(0);
    }
    close(ends[0]);
    *ready = ends[1];
    return child;
}

/* Root may keep all its ids if it has CAP_SETUID and CAP_SETGID where it stands. */
static bool may_map_all(struct plan *plan) {
    if (plan->uid != 0)
        return false;
    size_t length;
    const char *status = read_file(plan, plan->proc, "self/status", false, &length);
    const char *line = status != NULL ? strstr(status, "\nCapEff:") : NULL;
    const unsigned long long needed = 1ull << 6 | 1ull << 7;
    return line != NULL && (strtoull(line + 8, NULL, 16) & needed) == needed;
}

static void know_caller(struct plan *plan) {
    plan->uid = geteuid();
    plan->gid = getegid();
    plan->group_count = getgroups(64, plan->groups); /* inside, those that are not mapped look alike */
    plan->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (plan->proc < 0)
        fail("cannot launch", text(plan, "open(2) of /proc: %s", strerror(errno)), "mount proc on /proc of this host");
    plan->all_ids = may_map_all(plan);
}

/* The user namespace that owns the mounts: the caller is uid 0 in it. */
static void become_root_inside(struct plan *plan) {
    int ready = -1;
    pid_t mapper = plan->subids || plan->all_ids ? start_mapper(plan, &ready) : 0;
    if (unshare(CLONE_NEWUSER) < 0)
        refuse_namespace(plan, "unshare(CLONE_NEWUSER)", errno);
    if (mapper > 0) {
        int status = -1;
        if (write(ready, "", 1) != 1 || waitpid(mapper, &status, 0) < 0 || status != 0)
            _exit(LAUNCH_FAILED); /* the mapper has said why */
        close(ready);
        return;
    }
    write_map(plan, "self/setgroups", "deny"); /* Linux 3.19: else no group map of one's own */
    write_map(plan, "self/gid_map", text(plan, "0 %u 1\n", plan->gid));
    write_map(plan, "self/uid_map", text(plan, "0 %u 1\n", plan->uid));
}

static void drop_bounding_set(void) {
    for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; capability++)
        ;
}

/* Whether the caller's own ids come back in a second namespace. */
static bool has_second_namespace(const struct plan *plan) {
    return !plan->root_inside && plan->uid != 0;
}

/* Back to the caller's own ids. The mounts belong to the namespace above, so nothing can undo them from here; the
 * capabilities of this namespace end at execve(2), as the uid is not 0. */
static void become_caller(struct plan *plan) {
    if (!has_second_namespace(plan))
        return;
    if (unshare(CLONE_NEWUSER) < 0)
        refuse_namespace(plan, "the second unshare(CLONE_NEWUSER)", errno);
    drop_bounding_set();
    write_map(plan, "self/setgroups", "deny");
    write_map(plan, "self/gid_map", text(plan, "%u 0 1\n", plan->gid));
    write_map(plan, "self/uid_map", text(plan, "%u 0 1\n", plan->uid));
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

/* Ranks of one program share a container: MPI copies from process to process (CMA, process_vm_readv(2)) within one user
 * namespace only, and one mount is one FUSE server and one page cache.
 *
 * The name of a group is a digest of who launches, what belongs together, and every directive that shapes the container.
 * It is the source of the root's overlay, where /proc/PID/mountinfo of any member shows it, and it is gone with the last
 * of them; there is no other trace. While the first one makes the container, it holds an abstract socket of that name,
 * which ends with its owner. Those that come meanwhile get the namespaces through it, so that they may be late when the
 * first has ended already; those that come later look for a member in /proc.
 *
 * Launches that are no ranks share a container when it lingers: the first leaves a process behind that keeps the socket for
 * some seconds after the last that asked. They do not look in /proc, which would find containers without a FUSE server. */

static const struct {
    const char *name;
    int flag;
} shared[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}};

enum { USER, MNT, SHARED = sizeof shared / sizeof *shared };

/* FNV-1a of 128 bits (draft-eastlake-fnv); the NUL counts, so that "a" "b" is not "ab". */
static void digest(unsigned __int128 *value, const char *string) {
    const unsigned __int128 prime = (unsigned __int128)1 << 88 | 0x13b;
    for (const char *at = string;; at++) {
        *value = (*value ^ (unsigned char)*at) * prime;
        if (*at == '\0')
            return;
    }
}

static bool process_has_variable(struct plan *plan, pid_t pid, const char *name) {
    size_t length, name_length = strlen(name);
    const char *variables = read_file(plan, plan->proc, text(plan, "%d/environ", pid), false, &length);
    for (const char *at = variables; at != NULL && at < variables + length; at += strlen(at) + 1)
        if (strncmp(at, name, name_length) == 0 && at[name_length] == '=')
            return true;
    return false;
}

/* Who started the ranks: the nearest ancestor without the variable that makes one a rank (its parent for "-"), with the
 * time it was started. Another user's environment, as that of a slurmstepd, cannot be read and has none. */
static char *launcher(struct plan *plan, const char *rank) {
    pid_t pid = getppid();
    for (int generation = 0;; generation++) {
        size_t length;
        const char *status = read_file(plan, plan->proc, text(plan, "%d/stat", pid), false, &length);
        const char *fields = status != NULL ? strrchr(status, ')') : NULL; /* the program's name may hold anything */
        int parent;
        unsigned long long started;
        if (fields == NULL || sscanf(fields, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                                     &parent, &started) != 2)
            return text(plan, "%d", pid);
        if (parent <= 1 || generation == 64 || strcmp(rank, "-") == 0 || !process_has_variable(plan, pid, rank))
            return text(plan, "%d %llu", pid, started);
        pid = parent;
    }
}

/* A launch may enter a lingering container when it would have made the same: everything that the FUSE server has from
 * who started it, and that decides what the mounts show. The control groups say to which job or session it belongs, and
 * with which the container ends. */
static void digest_conditions(struct plan *plan, unsigned __int128 *name) {
    static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
    struct stat status;
    size_t length;
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        if (fstatat(plan->proc, text(plan, "self/ns/%s", namespaces[i]), &status, 0) == 0)
            digest(name, text(plan, "%llu", (unsigned long long)status.st_ino));
    const char *control_groups = read_file(plan, plan->proc, "self/cgroup", false, &length);
    digest(name, control_groups != NULL ? control_groups : "");
    if (stat("/", &status) == 0)
        digest(name, text(plan, "%llu %llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino));
    for (int i = 0; i < plan->group_count; i++)
        digest(name, text(plan, "%u", plan->groups[i]));
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit(i, &limit) == 0)
            digest(name, text(plan, "%llu %llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max));
    }
    cpu_set_t processors;
    CPU_ZERO(&processors);
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        for (int i = 0; i < CPU_SETSIZE; i++)
            if (CPU_ISSET(i, &processors))
                digest(name, text(plan, "%d", i));
    digest(name, text(plan, "%d", getpriority(PRIO_PROCESS, 0)));
}

/* What a path is now: a directory that was made again has another number as long as a mount holds the old one, and a file
 * another time when its content, its mode or its owner has changed. */
static void digest_source(struct plan *plan, unsigned __int128 *name, const char *path) {
    struct stat status;
    if (stat(path, &status) < 0)
        digest(name, "-");
    else
        digest(name, text(plan, "%llu %llu %lld.%ld", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino,
                          S_ISDIR(status.st_mode) ? 0 : (long long)status.st_ctim.tv_sec,
                          S_ISDIR(status.st_mode) ? 0 : status.st_ctim.tv_nsec));
}

/* Whether binds alone, of directories on their own places, show the working directory: then it shapes nothing. Other cases
 * than these simple ones do not share a container. */
static bool shows_here(struct plan *plan, const char *directory) {
    bool shown = false;
    for (size_t i = 0; i < plan->count && plan->directives[i]->verb->note != note_here; i++) {
        const struct directive *d = plan->directives[i];
        struct stat status;
        enum making makes = d->verb->makes;
        const char *at = makes == NOTHING || makes == ACCOUNTS ? "" : d->arguments[makes == DIRECTORY || makes == TEXT_FILE ? 0 : 1];
        size_t length = strlen(at);
        if (length == 0 || strncmp(directory, at, length) != 0 || (directory[length] != '/' && directory[length] != '\0'))
            continue;
        if (makes != SOURCES_KIND || strcmp(d->arguments[0], at) != 0)
            return false;
        shown |= stat(at, &status) == 0 && S_ISDIR(status.st_mode);
    }
    return shown;
}

/* The first join whose variables are all set says what belongs together. */
static void name_group(struct plan *plan) {
    const struct directive *join = NULL;
    for (size_t i = 0; i < plan->count && join == NULL; i++) {
        const struct directive *d = plan->directives[i];
        int set = 0;
        while (strcmp(d->verb->name, "join") == 0 && set < d->count &&
               (strcmp(d->arguments[set], "-") == 0 || getenv(d->arguments[set]) != NULL))
            set++;
        if (set > 0 && set == d->count)
            join = d;
    }
    struct stat image;
    if ((join == NULL && plan->linger == NULL) || stat(plan->image->arguments[0], &image) < 0)
        return;
    plan->lingers = join == NULL;
    unsigned __int128 name = (unsigned __int128)0x6c62272e07bb0142 << 64 | 0x62b821756295c58d;
    digest(&name, text(plan, "%u %u", plan->uid, plan->gid));
    for (int i = 1; join != NULL && i < join->count; i++)
        digest(&name, text(plan, "%s=%s", join->arguments[i], getenv(join->arguments[i])));
    if (plan->lingers)
        digest_conditions(plan, &name);
    else if (join->count == 1)
        digest(&name, launcher(plan, join->arguments[0]));
    digest(&name, text(plan, "%llu %llu %lld.%ld", (unsigned long long)image.st_dev, (unsigned long long)image.st_ino,
                       (long long)image.st_mtim.tv_sec, image.st_mtim.tv_nsec));
    for (size_t i = 0; i < plan->count; i++) {
        const struct directive *d = plan->directives[i];
        if ((!d->verb->shapes && d->verb->makes == NOTHING) || (d->verb->note == note_here && shows_here(plan, d->arguments[0])))
            continue;
        digest(&name, d->verb->name);
        for (int j = 0; j < d->count; j++)
            digest(&name, d->arguments[j]);
        if (!plan->lingers)
            continue;
        if (d->verb->makes == ACCOUNTS) {
            digest_source(plan, &name, "/etc/passwd");
            digest_source(plan, &name, "/etc/group");
        } else if (d->verb->open_source != NULL || d == plan->image)
            digest_source(plan, &name, d->arguments[0]);
    }
    snprintf(plan->group, sizeof plan->group, "%s:%016llx%016llx", plan->lingers ? "linger" : "join",
             (unsigned long long)(name >> 64), (unsigned long long)name);
}

static void close_namespaces(const int *namespaces) {
    for (int i = 0; i < SHARED; i++)
        if (namespaces[i] >= 0)
            close(namespaces[i]);
}

static bool open_namespaces(int process, int *namespaces) {
    bool all = true;
    for (int i = 0; i < SHARED; i++) {
        char name[16];
        snprintf(name, sizeof name, "ns/%s", shared[i].name);
        namespaces[i] = openat(process, name, O_RDONLY | O_CLOEXEC);
        all &= namespaces[i] >= 0;
    }
    if (!all)
        close_namespaces(namespaces);
    return all;
}

static bool is_same(int one, int other) {
    struct stat a, b;
    return one >= 0 && other >= 0 && fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The namespace that owns the mounts, if these are what a launch from here makes: a member may have gone on to namespaces
 * of its own, which show the same mounts. -1 otherwise. */
static int owner_of(struct plan *plan, const int *namespaces) {
    int here = openat(plan->proc, "self/ns/user", O_RDONLY | O_CLOEXEC);
    int owner = ioctl(namespaces[MNT], NS_GET_USERNS), above = owner >= 0 ? ioctl(owner, NS_GET_PARENT) : -1;
    int second = has_second_namespace(plan) ? ioctl(namespaces[USER], NS_GET_PARENT) : dup(namespaces[USER]);
    bool good = is_same(above, here) && is_same(second, owner);
    const int used[] = {here, above, second, good ? -1 : owner};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        if (used[i] >= 0)
            close(used[i]);
    return good ? owner : -1;
}

static bool find_member(struct plan *plan, int *namespaces) {
    char *mark = text(plan, " - overlay amphora-%s ", plan->group);
    struct stat own, other;
    int fd = openat(plan->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *processes = fd >= 0 ? fdopendir(fd) : NULL;
    bool found = false;
    if (processes == NULL || fstatat(plan->proc, "self/ns/mnt", &own, 0) < 0)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
            continue;
        /* Through this descriptor, all that follows is of one process, also when its number is given anew. */
        int process = openat(plan->proc, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        size_t length;
        if (process >= 0 && fstat(process, &other) == 0 && other.st_uid == plan->uid &&
            fstatat(process, "ns/mnt", &other, 0) == 0 && other.st_ino != own.st_ino) {
            const char *mounts = read_file(plan, process, "mountinfo", false, &length);
            if (mounts != NULL && strstr(mounts, mark) != NULL && open_namespaces(process, namespaces)) {
                int owner = owner_of(plan, namespaces);
                found = owner >= 0;
                if (found)
                    close(owner);
                else
                    close_namespaces(namespaces);
            }
        }
        if (process >= 0)
            close(process);
    }
    closedir(processes);
    return found;
}

/* Enters the namespaces; the mounts' owner first, which the caller owns. */
static bool enter_namespaces(struct plan *plan, const int *namespaces) {
    int owner = owner_of(plan, namespaces);
    if (owner < 0 || setns(owner, CLONE_NEWUSER) < 0)
        return false;
    for (int i = MNT; i < SHARED; i++)
        if ((i == MNT || plan->namespaces & shared[i].flag) && setns(namespaces[i], shared[i].flag) < 0)
            fail("cannot join the container", text(plan, "setns(2) to %s: %s", shared[i].name, strerror(errno)),
                 "launch with --no-join");
    if (has_second_namespace(plan)) {
        if (setns(namespaces[USER], CLONE_NEWUSER) < 0)
            fail("cannot join the container", text(plan, "setns(2): %s", strerror(errno)), "launch with --no-join");
        drop_bounding_set();
    }
    close(owner);
    close_namespaces(namespaces);
    return true;
}

static bool is_mine(int peer, uid_t uid) {
    struct ucred other;
    socklen_t size = sizeof other;
    return getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == uid;
}

union rights { /* the control message that carries the namespaces; aligned as a header */
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int) * SHARED)];
};

static bool receive_namespaces(int peer, int *namespaces) {
    union rights rights;
    char byte;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    if (recvmsg(peer, &message, MSG_CMSG_CLOEXEC) <= 0)
        return false;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof(int) * SHARED))
        return false;
    memcpy(namespaces, CMSG_DATA(header), sizeof(int) * SHARED);
    return true;
}

/* To everybody who waits at the gate now. */
static void send_namespaces(int gate, const int *namespaces) {
    union rights rights = {.header = {.cmsg_len = CMSG_LEN(sizeof(int) * SHARED), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    struct iovec data = {"", 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    memcpy(CMSG_DATA(&rights.header), namespaces, sizeof(int) * SHARED);
    for (int peer; (peer = accept4(gate, NULL, NULL, SOCK_CLOEXEC)) >= 0; close(peer))
        if (is_mine(peer, geteuid()))
            sendmsg(peer, &message, MSG_NOSIGNAL);
}

/* Keeps the container for those who come within the time, and as long as its FUSE server lives. Holds no descriptor of the
 * caller, whose readers would wait for this process, and shows its own name. */
static _Noreturn void stay(struct plan *plan, const int *namespaces) {
    int kept[SHARED + 2] = {plan->gate, plan->serves}, patience = atoi(plan->linger->arguments[0]) * 1000;
    memcpy(kept + 2, namespaces, sizeof(int) * SHARED);
    for (int i = 0; i < SHARED + 2; i++)
        if (kept[i] >= 0 && (kept[i] = fcntl(kept[i], F_DUPFD_CLOEXEC, SHARED + 2)) < 0)
            _exit(0);
    for (int i = 0; i < SHARED + 2; i++)
        if (kept[i] < 0)
            close(i);
        else if (dup2(kept[i], i) < 0)
            _exit(0);
    close_from(SHARED + 2);
    const char name[] = "amphora-linger";
    prctl(PR_SET_NAME, name, 0, 0, 0);
    memset(plan->command_line, 0, plan->command_length);
    memcpy(plan->command_line, name, sizeof name < plan->command_length ? sizeof name : plan->command_length - 1);
    if (chdir("/") < 0)
        _exit(0);
    struct pollfd sides[] = {{.fd = 0, .events = POLLIN}, {.fd = kept[1] < 0 ? -1 : 1}};
    for (int i = 0; i < SHARED; i++)
        kept[i] = i + 2;
    while (poll(sides, 2, patience) > 0 && sides[1].revents == 0)
        send_namespaces(0, kept);
    _exit(0);
}

/* Opens the container to the others of the group, before the application begins. */
static void hand_over(struct plan *plan) {
    if (plan->gate < 0)
        return;
    int self = openat(plan->proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC), namespaces[SHARED];
    if (self >= 0 && open_namespaces(self, namespaces)) {
        send_namespaces(plan->gate, namespaces);
        /* Two forks: it must not be a child that the application would find in wait(2). */
        pid_t child = plan->lingers ? fork() : -1;
        if (child == 0) {
            setsid();
            if (fork() == 0)
                stay(plan, namespaces);
            _exit(0);
        }
        if (child > 0)
            waitpid(child, NULL, 0);
        close_namespaces(namespaces);
    }
    if (self >= 0)
        close(self);
    close(plan->gate);
}

static int connect_to(const struct sockaddr_un *address, socklen_t size) {
    const struct timeval patience = {.tv_sec = 60};
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer >= 0 && setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        connect(peer, (const struct sockaddr *)address, size) == 0)
        return peer;
    if (peer >= 0)
        close(peer);
    return -1;
}

/* Joins the group's container. False when this process must make one, for the group or for itself alone. */
static bool join_group(struct plan *plan) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int namespaces[SHARED];
    if (plan->group[0] == '\0')
        return false;
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "amphora-%s", plan->group);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    for (int tries = 0; tries < 1000; tries++) {
        int peer = connect_to(&address, size);
        bool found = peer < 0 && !plan->lingers && find_member(plan, namespaces);
        if (found && (peer = connect_to(&address, size)) >= 0) /* it may be the one that is still at work */
            close_namespaces(namespaces);
        if (peer >= 0) {
            bool mine = is_mine(peer, plan->uid), received = mine && receive_namespaces(peer, namespaces);
            int error = errno;
            close(peer);
            if (received)
                return enter_namespaces(plan, namespaces);
            if (!mine || error == EAGAIN)
                break;
            continue; /* it has ended, or was done just now */
        }
        if (found)
            return enter_namespaces(plan, namespaces);
        int gate = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (gate >= 0 && bind(gate, (const struct sockaddr *)&address, size) == 0 && listen(gate, 4096) == 0) {
            if (!plan->lingers && find_member(plan, namespaces)) {
                close(gate);
                return enter_namespaces(plan, namespaces);
            }
            plan->gate = gate;
            return false;
        }
        if (gate >= 0)
            close(gate);
        poll(NULL, 0, 1); /* the other has its name, and does not listen yet */
    }
    dprintf(STDERR_FILENO, "note: this process gets a container of its own: the one that makes the shared one does not answer\n");
    plan->group[0] = '\0';
    plan->lingers = false;
    return false;
}

/* ---- the FUSE server -------------------------------------------------------------------------------------------- */

/* In the grandchild: waits until the file system is mounted (before that, read(2) of /dev/fuse is an error and the server
 * would end), then becomes the server, with no descriptor but its own. */
static _Noreturn void become_server(struct plan *plan, int released, int serving) {
    char go;
    const char *file = plan->image->arguments[0], *server = plan->image->arguments[2];
    if (read(released, &go, 1) != 1)
        _exit(0); /* the launch has ended */
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(plan->server_says, 2) < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
        _exit(LAUNCH_FAILED);
    if (plan->fuse == 3 ? fcntl(3, F_SETFD, 0) < 0 : dup2(plan->fuse, 3) < 0)
        _exit(LAUNCH_FAILED);
    if (serving >= 0 && dup2(serving, 4) < 0) /* nobody reads or writes it: it ends with the server */
        _exit(LAUNCH_FAILED);
    close_from(serving >= 0 ? 5 : 4);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    if (chdir("/") < 0)
        _exit(LAUNCH_FAILED);
    /* A clean environment: LD_LIBRARY_PATH of a loaded module would give it other libraries. */
    /* It asks for and frees a block of 128 KiB at a time: without these, malloc(3) gives each back to the kernel, and the
     * next costs its page faults again (7 % of a launch). */
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", "MALLOC_TOP_PAD_=4194304", "MALLOC_TRIM_THRESHOLD_=67108864",
                           "MALLOC_MMAP_THRESHOLD_=33554432", NULL};
    char *arguments[] = {(char *)server, "-f", "-o", text(plan, "offset=%s", plan->image->arguments[1]),
                         (char *)file,   "/dev/fd/3", NULL};
    execve(server, arguments, environment);
    dprintf(2, "%s: %s\n", server, strerror(errno));
    _exit(LAUNCH_FAILED);
}

static void start_server(struct plan *plan) {
    if (strcmp(plan->image->verb->name, "squashfs") != 0)
        return;
    const char *file = plan->image->arguments[0], *server = plan->image->arguments[2];
    const char *what = text(plan, "cannot mount the image %s", file);
    int image = open(file, O_RDONLY | O_CLOEXEC);
    if (image < 0)
        fail(what, text(plan, "open(2): %s", strerror(errno)), "check the path and the rights of the image");
    char magic[4];
    off_t offset = (off_t)strtoll(plan->image->arguments[1], NULL, 10);
    if (pread(image, magic, sizeof magic, offset) != sizeof magic || memcmp(magic, "hsqs", sizeof magic) != 0)
        fail(what, text(plan, "there is no SquashFS at byte %lld of the file", (long long)offset),
             "check that the image is complete and of this kind; make the plan again");
    close(image);
    if (access(server, X_OK) < 0)
        fail(what, text(plan, "the FUSE server %s: %s", server, strerror(errno)),
             "install squashfuse, or launch from an unpacked directory");
    plan->fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (plan->fuse < 0)
        fail(what, text(plan, "open(2) of /dev/fuse: %s", strerror(errno)),
             errno == EACCES || errno == EPERM ? "as root: chmod 666 /dev/fuse; or launch from an unpacked directory"
                                               : "as root: modprobe fuse; or launch from an unpacked directory");
    plan->server_says = memfd_create("squashfuse messages", MFD_CLOEXEC);
    int ends[2], serving[2] = {-1, -1};
    if (plan->server_says < 0 || pipe2(ends, O_CLOEXEC) < 0 || (plan->lingers && pipe2(serving, O_CLOEXEC) < 0))
        fail(what, text(plan, "pipe2(2) or memfd_create(2): %s", strerror(errno)), "raise the limit of open files");
    /* Two forks: the server must not be a child that the application would find in wait(2). */
    pid_t child = fork();
    if (child == 0) {
        setsid();
        pid_t server_pid = fork();
        if (server_pid != 0)
            _exit(server_pid < 0 ? errno : 0);
        close(ends[1]);
        become_server(plan, ends[0], serving[1]);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
        fail(what, text(plan, "fork(2): %s", strerror(child < 0 ? errno : WEXITSTATUS(status))),
             "raise the limit of processes (ulimit -u)");
    close(ends[0]);
    plan->release = ends[1];
    plan->serves = serving[0];
    if (serving[1] >= 0)
        close(serving[1]);
}

/* ---- the root file system --------------------------------------------------------------------------------------- */

static int clone_tree(int directory, const char *path, unsigned flags) {
#ifdef OLD_KERNEL /* tests what kernels before 5.12 get */
    (void)directory, (void)path, (void)flags;
    errno = ENOSYS;
    return -1;
#else
    return (int)syscall(SYS_open_tree, directory, path, flags);
#endif
}

static int set_attributes(int directory, const char *path, unsigned flags, uint64_t set) {
#ifdef OLD_KERNEL
    (void)directory, (void)path, (void)flags, (void)set;
    errno = ENOSYS;
    return -1;
#else
    struct attributes attributes = {.set = set};
    return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
#endif
}

/* A source on the host: from Linux 5.2 a detached copy of the mounts there, before that a descriptor to bind from. */
static int open_mount(const char *path, bool recursive) {
    unsigned flags = OPEN_TREE_CLONE | O_CLOEXEC;
    int tree = clone_tree(AT_FDCWD, path, flags | (recursive ? AT_RECURSIVE : 0));
    /* Mounts of the host below the source are locked together with it: without them, the kernel answers EINVAL. */
    if (tree < 0 && errno == EINVAL && !recursive)
        tree = clone_tree(AT_FDCWD, path, flags | AT_RECURSIVE);
    if (tree >= 0 || errno != ENOSYS)
        return tree;
    /* O_DIRECTORY first: unlike O_PATH alone it makes autofs mount what is asked for. */
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 || errno != ENOTDIR ? fd : open(path, O_PATH | O_CLOEXEC);
}

/* The flags of every mount at and below a path, one by one: for kernels without mount_setattr(2). A user namespace may
 * add flags to the host's mounts, but must repeat those that are there. */
static int set_flags_each(struct plan *plan, const char *path, unsigned long flags) {
    size_t length, prefix = strcmp(path, "/") == 0 ? 0 : strlen(path);
    char *lines = read_file(plan, plan->proc, "self/mountinfo", false, &length);
    for (const char *line, *rest = lines; (line = next_line(&rest)) != NULL;) {
        char point[PATH_MAX];
        if (sscanf(line, "%*d %*d %*s %*s %4095s", point) != 1)
            continue;
        char *to = point; /* the kernel writes space, tab, line end and backslash as \040 */
        for (const char *from = point; *from; to++)
            if (*from == '\\' && strlen(from) >= 4) {
                *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
                from += 4;
            } else
                *to = *from++;
        *to = '\0';
        if (strncmp(point, path, prefix) != 0 || (point[prefix] != '/' && point[prefix] != '\0'))
            continue;
        struct statvfs old;
        const unsigned long kept =
            MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
        if (statvfs(point, &old) < 0 ||
            mount(NULL, point, NULL, MS_REMOUNT | MS_BIND | flags | (old.f_flag & kept), NULL) < 0)
            if (errno != EACCES && errno != ENOENT) /* a mount that this user cannot reach is no danger */
                return -1;
    }
    return 0;
}

/* Attaches what open_mount() returned. */
static int attach(struct plan *plan, int source, const char *destination, unsigned long flags) {
#ifndef OLD_KERNEL
    if (set_attributes(source, "", AT_EMPTY_PATH | AT_RECURSIVE, flags) == 0)
        return (int)syscall(SYS_move_mount, source, "", AT_FDCWD, destination,
                            MOVE_MOUNT_F_EMPTY_PATH | 0x10 /* MOVE_MOUNT_T_SYMLINKS */);
    if (errno != ENOSYS && errno != EINVAL)
        return -1;
    if (syscall(SYS_move_mount, source, "", AT_FDCWD, destination, MOVE_MOUNT_F_EMPTY_PATH | 0x10) == 0)
        return set_flags_each(plan, destination, flags);
    if (errno != ENOSYS && errno != EINVAL)
        return -1;
#endif
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char link[32];
    snprintf(link, sizeof link, "self/fd/%d", source);
    /* Relative to the host's /proc, as the container may have no proc. */
    if (fchdir(plan->proc) < 0)
        return -1;
    char *absolute_path = destination[0] == '/' ? (char *)destination : NULL;
    int result = mount(link, absolute_path != NULL ? absolute_path : text(plan, "/../%s", destination), NULL,
                       MS_BIND | MS_REC, NULL);
    int error = errno;
    if (here < 0 || fchdir(here) < 0)
        return -1;
    close(here);
    errno = error;
    return result < 0 ? -1 : absolute_path != NULL ? set_flags_each(plan, destination, flags) : 0;
}

static void own(struct plan *plan, const char *path) {
    struct stat status;
    if (plan->owned < OWN_LIMIT && stat(path, &status) == 0)
        plan->own[plan->owned++] = status.st_dev;
}

static bool is_own(struct plan *plan, const char *path) {
    struct stat status;
    if (stat(path, &status) == 0)
        for (int i = 0; i < plan->owned; i++)
            if (plan->own[i] == status.st_dev)
                return true;
    return false;
}

/* Errors of a file system whose server has ended become the message of that. */
static void check_server(struct plan *plan, int error) {
    if (plan->image_tree >= 0 || (error != ENOTCONN && error != ECONNABORTED))
        return;
    const char *file = plan->image->arguments[0];
    char says[300] = "";
    ssize_t length = pread(plan->server_says, says, sizeof says - 1, 0);
    for (ssize_t i = 0; i < length; i++)
        if (says[i] == '\n')
            says[i] = i == length - 1 ? '\0' : ' ';
    fail(text(plan, "cannot mount the image %s", file),
         text(plan, "the FUSE server %s has ended: %s", plan->image->arguments[2],
              says[0] != '\0' ? says : "it gave no reason"),
         text(plan, "try it by hand: %s -f -o offset=%s %s DIRECTORY; check that the image is complete",
              plan->image->arguments[2], plan->image->arguments[1], file));
}

/* The image at "image" in the staging directory, which is the working directory. */
static void mount_image(struct plan *plan) {
    const char *file = plan->image->arguments[0], *what = text(plan, "cannot mount the image %s", file);
    if (plan->image_tree >= 0) {
        if (attach(plan, plan->image_tree, "image", MS_NOSUID | MS_NODEV) < 0)
            fail(what, text(plan, "bind mount: %s", strerror(errno)), "check the kernel's messages (dmesg)");
        return;
    }
    /* allow_other: also for the ids of subids, which are not the mounter; only this user namespace can see it anyway.
     * default_permissions: the kernel checks the modes and does not ask the server. */
    char *options = text(plan, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", plan->fuse);
    if (mount(file, "image", "fuse.squashfuse_ll", MS_NOSUID | MS_NODEV | MS_RDONLY, options) < 0)
        fail(what, text(plan, "mount(2) of fuse: %s", strerror(errno)),
             "needs Linux 4.18 for FUSE in user namespaces; launch from an unpacked directory");
    if (write(plan->release, "", 1) != 1)
        fail(what, text(plan, "write(2) to the FUSE server: %s", strerror(errno)), "try again");
    close(plan->release);
    /* While this descriptor is open, the kernel would wait for an answer of a server that has ended. */
    close(plan->fuse);
}

/* Status of a path of the container before there is one place to look: in the upper directory, the layers from the top
 * down, the image. A whiteout of overlayfs, device 0:0, hides what is below. */
static bool look_up(struct plan *plan, const char *path, struct stat *status, char **place) {
    for (int i = plan->layers + 1; i >= 0; i--) {
        *place = i > plan->layers ? text(plan, "changes/upper%s", path)
                 : i > 0          ? text(plan, "layer%d%s", i, path)
                                  : text(plan, "image%s", path);
        if (lstat(*place, status) == 0)
            return !S_ISCHR(status->st_mode) || status->st_rdev != 0;
        check_server(plan, errno);
    }
    return false;
}

/* Makes a mount point in the upper directory before the overlay is mounted. Through the merged view, the kernel would
 * first copy the parent directories up, which fails when their owner or group is not the caller (EOVERFLOW), and takes
 * longer. `kind` is 'd', 'f', or 'p' for the parent directories only. */
static void prepare_point(struct plan *plan, const char *path, char kind) {
    char *done = text(plan, "%s", ""), *rest = text(plan, "%s", path);
    for (int links = 0; links < 40;) {
        rest += strspn(rest, "/");
        size_t length = strcspn(rest, "/");
        bool last = rest[length + strspn(rest + length, "/")] == '\0';
        if (length == 0 || (last && kind == 'p'))
            return;
        char *next = text(plan, "%s/%.*s", done, (int)length, rest), *place;
        if (length == 2 && memcmp(rest, "..", 2) == 0) {
            next = text(plan, "%.*s", (int)(strrchr(done, '/') != NULL ? strrchr(done, '/') - done : 0), done);
        } else if (length != 1 || rest[0] != '.') {
            struct stat status;
            char target[PATH_MAX];
            ssize_t size;
            if (!look_up(plan, next, &status, &place)) {
                /* Parents in the upper directory merge with those below, whose modes they must have. */
                for (char *slash = strchr(next + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
                    char *parent = text(plan, "%.*s", (int)(slash - next), next);
                    if (look_up(plan, parent, &status, &place))
                        mkdir(text(plan, "changes/upper%s", parent), status.st_mode & 07777);
                }
                place = text(plan, "changes/upper%s", next);
                int fd = -1;
                if (!last || kind != 'f')
                    mkdir(place, 0755);
                else if ((fd = open(place, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644)) >= 0)
                    close(fd);
                plan->needs_overlay = true;
            } else if (S_ISLNK(status.st_mode) && (size = readlink(place, target, sizeof target - 1)) > 0) {
                rest = text(plan, "%.*s/%s", (int)size, target, rest + length);
                if (target[0] == '/')
                    done = "";
                links++;
                continue;
            } else if (!S_ISDIR(status.st_mode))
                return; /* a file: the mount itself will tell whether it fits */
        } else
            next = done;
        done = next;
        rest += length;
    }
}

/* The powers over files that this namespace gives to the caller over what the caller owns. Without them, a directory of
 * the host that is read-only to its owner stays so. A root that keeps its ids keeps them as well. */
static void file_powers(struct plan *plan, bool on) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    const uint32_t powers = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
    if (plan->all_ids || syscall(SYS_capget, &header, sets) < 0)
        return;
    sets[0].effective = on ? sets[0].effective | (sets[0].permitted & powers) : sets[0].effective & ~powers;
    syscall(SYS_capset, &header, sets);
}

/* Makes a mount point in a directory that is bound from the host, as Apptainer does: cwltool mounts its input files below
 * the directory of the job. Done in the source, before it becomes read-only. Leads a symbolic link there, the container
 * must say where it ends: then nothing is made. */
static void make_on_host(struct plan *plan, const struct directive *above, const char *path, char kind) {
    int directory = fcntl(above->source, F_DUPFD_CLOEXEC, 0);
    file_powers(plan, false);
    for (const char *rest = path + strlen(above->arguments[1]); directory >= 0;) {
        rest += strspn(rest, "/");
        int length = (int)strcspn(rest, "/");
        bool last = rest[length + (int)strspn(rest + length, "/")] == '\0';
        if (length == 0 || (last && kind == 'p'))
            break;
        char *name = text(plan, "%.*s", length, rest);
        struct stat status;
        if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            int made = last && kind == 'f' ? openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644)
                                           : mkdirat(directory, name, 0755);
            if (made < 0 && errno != EEXIST)
                fail(text(plan, "cannot make the mount point %s", path),
                     text(plan, "%.*s comes from the host, where it cannot be made: %s", (int)(rest - path) - 1, path,
                          strerror(errno)),
                     "make it on the host, or choose another destination");
            if (made > 0)
                close(made);
        }
        int next = last ? -1 : openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(directory);
        directory = next;
        rest += length;
    }
    if (directory >= 0)
        close(directory);
    file_powers(plan, true);
}

/* Where a directive mounts or writes, and whether that is a directory, a file, or only its parent is needed ('d', 'f', 'p').
 * NULL when it does neither. */
static const char *destination(const struct directive *d, char *kind) {
    struct stat status;
    *kind = 'f';
    switch (d->verb->makes) {
    case NOTHING:
        return NULL;
    case DIRECTORY:
        *kind = 'd';
        return d->arguments[0];
    case SOURCES_KIND:
        if (d->source >= 0 && fstat(d->source, &status) == 0 && S_ISDIR(status.st_mode))
            *kind = 'd';
        return d->source >= 0 ? d->arguments[1] : NULL;
    case TEXT_FILE:
        return d->arguments[0];
    case COPY:
        return d->source >= 0 ? d->arguments[1] : NULL;
    case LINK:
        *kind = 'p';
        return d->arguments[1];
    case ACCOUNTS:
        return "/etc/passwd";
    }
    return NULL;
}

/* The last of the first `count` directives whose mount covers a path, i.e. the deepest; NULL when that is the root. */
static const struct directive *mount_above(struct plan *plan, size_t count, const char *path) {
    const struct directive *above = NULL;
    size_t deepest = 1;
    for (size_t i = 0; i < count; i++) {
        char kind;
        const char *point = destination(plan->directives[i], &kind);
        size_t length = point != NULL && kind == 'd' ? strlen(point) : 0;
        if (length >= deepest && strncmp(path, point, length) == 0 && path[length] == '/') {
            above = plan->directives[i];
            deepest = length;
        }
    }
    return above;
}

/* Makes the mount points that can be made before anything is mounted. */
static void prepare_points(struct plan *plan) {
    for (size_t i = 0; i < plan->count; i++) {
        struct directive *d = plan->directives[i];
        char kind;
        const char *path = destination(d, &kind);
        if (path == NULL)
            continue;
        const struct directive *above = mount_above(plan, i, path);
        if (above != NULL && above->verb->makes == SOURCES_KIND)
            make_on_host(plan, above, path, kind);
        if (above != NULL || plan->writable)
            continue;
        prepare_point(plan, path, kind);
        if (d->verb->makes == ACCOUNTS)
            prepare_point(plan, "/etc/group", 'f');
        /* A link replaces what is there. */
        plan->needs_overlay |= d->verb->makes == LINK;
    }
}

static void open_layer(struct plan *plan, struct directive *d) {
    d->source = open_mount(d->arguments[0], false);
    if (d->source < 0)
        fail(text(plan, "cannot open the layer %s", d->arguments[0]), strerror(errno), "check the path");
}

static void open_copies(struct plan *plan, struct directive *d) {
    (void)plan;
    d->source = open_mount(d->arguments[0], false);
}

/* Puts the directories of `layer` and `copies` into the staging directory and names them for overlayfs, with short names: in
 * its options : and , would have to be escaped. Returns whether there are copies, which a launch can do without. */
static bool attach_layers(struct plan *plan, char **with_copies, char **without, bool *marked) {
    *with_copies = *without = text(plan, "image");
    for (size_t i = 0; i < plan->count; i++) {
        struct directive *d = plan->directives[i];
        bool copies = d->verb->open_source == open_copies;
        if ((!copies && d->verb->open_source != open_layer) || d->source < 0)
            continue;
        char *name = text(plan, "layer%d", ++plan->layers);
        if (mkdir(name, 0755) < 0 || attach(plan, d->source, name, MS_NOSUID | MS_NODEV) < 0) {
            if (!copies)
                fail(text(plan, "cannot use the layer %s", d->arguments[0]), strerror(errno), "check the directory");
            plan->layers--;
            rmdir(name);
            continue;
        }
        *with_copies = text(plan, "%s:%s", name, *with_copies);
        if (!copies)
            *without = text(plan, "%s:%s", name, *without);
        *marked |= !copies;
    }
    return strcmp(*with_copies, *without) != 0;
}

static int lay_over(struct plan *plan, const char *lower, bool marked, char **options) {
    /* Where nothing is written any more (a symlink is, in its place), what was made is one more lower directory. Without
     * userxattr, the kernel does not ask the FUSE server for attributes of each file, a quarter of all its requests; layers
     * may have such. */
    *options = plan->upper != NULL || find(plan, "symlink") != NULL
                   ? text(plan, "lowerdir=%s,upperdir=changes/upper,workdir=changes/work,userxattr", lower)
                   : text(plan, "lowerdir=changes/upper:%s%s", lower, marked ? ",userxattr" : "");
    char *source = text(plan, "amphora%s%s", plan->group[0] != '\0' ? "-" : "", plan->group);
    return mount(source, "root", "overlay", MS_NOSUID | MS_NODEV, *options);
}

static void mount_overlay(struct plan *plan) {
    const char *what = text(plan, "cannot lay the writable layer over %s", plan->image->arguments[0]);
    char *lower, *without_copies, *options, *upper = "changes";
    bool marked = false;
    bool copies = attach_layers(plan, &lower, &without_copies, &marked);
    if (mkdir(upper, 0755) < 0)
        fail(what, text(plan, "mkdir(2): %s", strerror(errno)), "free memory on this node");
    if (plan->upper != NULL && plan->upper->source >= 0 &&
        attach(plan, plan->upper->source, upper, MS_NOSUID | MS_NODEV) < 0)
        fail(what, text(plan, "bind mount of %s: %s", plan->upper->arguments[0], strerror(errno)), "check the directory");
    if ((mkdir("changes/upper", 0755) < 0 && errno != EEXIST) || (mkdir("changes/work", 0700) < 0 && errno != EEXIST))
        fail(what, text(plan, "mkdir(2) in %s: %s", plan->upper != NULL ? plan->upper->arguments[0] : "tmpfs",
                        strerror(errno)),
             "name a directory that you can write to");
    plan->needs_overlay = plan->upper != NULL || marked;
    prepare_points(plan);
    bool dispensable = !plan->needs_overlay; /* only for its name, or for the copies */
    if (dispensable && !copies && plan->group[0] == '\0')
        return;
    plan->needs_overlay = true;
    if (lay_over(plan, lower, marked, &options) == 0 ||
        (copies && lay_over(plan, without_copies, marked, &options) == 0))
        return;
    int error = errno;
    check_server(plan, error);
    if (dispensable) {
        plan->needs_overlay = false;
        return;
    }
    if (error == EPERM || error == ENODEV)
        fail(what, text(plan, "mount(2) of overlay: %s", strerror(error)),
             "needs Linux 5.11 (or RHEL 8.5) with overlayfs; on older ones launch a directory with writable, or an image "
             "that has all mount points");
    fail(what, text(plan, "mount(2) of overlay with %s: %s", options, strerror(error)),
         plan->upper != NULL && plan->upper->source >= 0
             ? "put the overlay directory on a local disk (not NFS or Lustre), or use upper tmpfs"
             : "put the image on a local disk, or launch a directory with writable");
}

static void open_upper(struct plan *plan, struct directive *d) {
    if (strcmp(d->arguments[0], "tmpfs") == 0)
        return;
    d->source = open_mount(d->arguments[0], false);
    if (d->source < 0)
        fail(text(plan, "cannot open the overlay %s", d->arguments[0]), strerror(errno), "make the directory first");
}

static void open_sources(struct plan *plan) {
    plan->image_tree = -1;
    if (strcmp(plan->image->verb->name, "directory") == 0) {
        const char *directory = plan->image->arguments[0];
        struct stat status;
        plan->image_tree = open_mount(directory, plan->writable);
        if (plan->image_tree < 0 || fstat(plan->image_tree, &status) < 0 || !S_ISDIR(status.st_mode))
            fail(text(plan, "cannot open the image %s", directory), strerror(plan->image_tree < 0 ? errno : ENOTDIR),
                 "check the path and the rights of the directory");
    }
    for (size_t i = 0; i < plan->count; i++)
        if (plan->directives[i]->verb->open_source != NULL)
            plan->directives[i]->verb->open_source(plan, plan->directives[i]);
}

/* The root and its staging directory lie on a tmpfs over "/": the host's tree stays where it is for this process, whose
 * root is below; ".." of the root leads to what is mounted over it. So nothing of the host is hidden, and no directory
 * on disk is needed. */
static void build_root(struct plan *plan) {
    const char *what = "cannot make a staging directory";
    bool limited = plan->upper != NULL && plan->upper->count == 2 && strcmp(plan->upper->arguments[1], "-") != 0;
    char *options = text(plan, "mode=755%s%s", limited ? ",size=" : "", limited ? plan->upper->arguments[1] : "");
    if (mount("amphora", "/", "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) {
        int error = errno;
        if (error == EPERM || error == EACCES) /* AppArmor lets unshare(2) pass and refuses from here on */
            refuse_namespace(plan, "mount(2) of tmpfs", error);
        fail(what, text(plan, "mount(2) of tmpfs: %s", strerror(error)), "check the kernel's messages (dmesg)");
    }
    if (chdir("/..") < 0 || mkdir("image", 0755) < 0 || mkdir("root", 0755) < 0 || mkdir("files", 0755) < 0)
        fail(what, text(plan, "mkdir(2): %s", strerror(errno)), "free memory on this node");
    plan->stage = open("files", O_PATH | O_DIRECTORY | O_CLOEXEC);
    mount_image(plan);
}

/* The container's root becomes the root, without leaving the host's: proc can be mounted only as long as there is one. */
static void enter_root(struct plan *plan) {
    if (plan->writable)
        prepare_points(plan);
    else
        mount_overlay(plan);
    plan->root_is_temporary =
        plan->needs_overlay && (plan->upper != NULL ? plan->upper->source < 0 : find(plan, "symlink") != NULL);
    if (chdir(plan->needs_overlay ? "root" : "image") < 0 || chroot(".") < 0) {
        check_server(plan, errno);
        fail("cannot enter the container's root", strerror(errno), "check the image");
    }
    if (plan->needs_overlay || plan->writable)
        own(plan, "/");
}

static void leave_host(struct plan *plan) {
    const char *what = "cannot leave the host's root";
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || fchdir(plan->host_root) < 0 || chroot(".") < 0 || fchdir(root) < 0)
        fail(what, strerror(errno), "report this as a bug");
    /* pivot_root(".", "."): the old root lands on the new one, from where it is detached with all that hangs on it. */
    if (syscall(SYS_pivot_root, ".", ".") == 0) {
        /* Twice: the staging tmpfs lies over the old root. */
        if (umount2(".", MNT_DETACH) < 0 || umount2(".", MNT_DETACH) < 0)
            fail(what, text(plan, "umount2(2): %s", strerror(errno)), "report this as a bug");
    } else if (errno != EINVAL || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
        /* EINVAL: the node runs from its initramfs, which cannot be pivoted away; then it is covered. */
        fail(what, text(plan, "pivot_root(2): %s", strerror(errno)), "report this as a bug");
    if (chdir("/") < 0)
        fail(what, text(plan, "chdir(2): %s", strerror(errno)), "check the image");
    close(root);
    bool stays_writable = plan->writable || plan->upper != NULL;
    if (!stays_writable && set_attributes(AT_FDCWD, "/", 0, READ_ONLY) < 0 &&
        (errno != ENOSYS || mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0))
        fail("cannot make the root read-only", strerror(errno), "report this as a bug");
}

/* ---- verbs: mounts and files ------------------------------------------------------------------------------------ */

static char *parent_of(struct plan *plan, const char *path) {
    char *parent = text(plan, "%s", path);
    size_t end = strlen(parent);
    while (end > 1 && parent[end - 1] == '/')
        parent[--end] = '\0';
    char *slash = strrchr(parent, '/');
    slash[slash == parent ? 1 : 0] = '\0';
    return parent;
}

/* Makes what does not exist yet, through symbolic links as the container sees them, on file systems that end with the
 * container (or in a root that is written to on purpose). */
static void make_point(struct plan *plan, const char *path, bool directory, int depth) {
    const char *what = text(plan, "cannot make the mount point %s", path);
    struct stat status;
    if (stat(path, &status) == 0) {
        if (directory != S_ISDIR(status.st_mode))
            fail(what, text(plan, "%s is %s, what is mounted there is %s", path, directory ? "a file" : "a directory",
                            directory ? "a directory" : "a file"),
                 "choose another destination");
        return;
    }
    check_server(plan, errno);
    if (errno != ENOENT || depth > 40)
        fail(what, strerror(errno), "choose another destination");
    char *parent = parent_of(plan, path), target[PATH_MAX];
    make_point(plan, parent, true, depth + 1);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
        target[length] = '\0';
        make_point(plan, target[0] == '/' ? target : text(plan, "%s/%s", parent, target), directory, depth + 1);
        return;
    }
    if (!is_own(plan, parent))
        fail(what, text(plan, "it doesn't exist, and %s comes from the host", parent),
             "make it on the host, or choose another destination");
    int fd = directory ? mkdir(path, 0755) : open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0)
        fail(what, text(plan, "%s(2): %s", directory ? "mkdir" : "open", strerror(errno)), "choose another destination");
    if (!directory)
        close(fd);
}

static void open_bind(struct plan *plan, struct directive *d) {
    /* Over the root it would hide the image: a home directory "/" of an account without one. */
    if (strcmp(d->arguments[1], "/") == 0 && d->options & OPTIONAL)
        return;
    d->source = open_mount(d->arguments[0], (d->options & REC) != 0);
    if (d->source >= 0 || d->options & OPTIONAL)
        return;
    const char *what = text(plan, "cannot mount %s on %s", d->arguments[0], d->arguments[1]);
    if (errno == ENOENT || errno == ENOTDIR)
        fail(what, text(plan, "mount source %s doesn't exist", d->arguments[0]), "check the path, or make it first");
    fail(what, text(plan, "mount source %s: %s", d->arguments[0], strerror(errno)), "check the rights of the path");
}

/* The working directory is left out when the container shows it already, and when it belongs to the image or to the kernel:
 * the directories that Apptainer leaves out too. */
static void open_here(struct plan *plan, struct directive *d) {
    static const char *const never[] = {"/", "/etc", "/bin", "/mnt", "/usr", "/var", "/opt", "/sbin", "/lib", "/lib64"};
    static const char *const kernel[] = {"/sys/", "/proc/", "/dev/"};
    size_t before = 0;
    while (plan->directives[before] != d)
        before++;
    char *inside = text(plan, "%s/", d->arguments[0]);
    const struct directive *above = mount_above(plan, before, inside);
    if (above != NULL && above->verb->makes == SOURCES_KIND && strcmp(above->arguments[0], above->arguments[1]) == 0)
        return;
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (strcmp(d->arguments[0], never[i]) == 0)
            return;
    for (size_t i = 0; i < sizeof kernel / sizeof *kernel; i++)
        if (strncmp(inside, kernel[i], strlen(kernel[i])) == 0)
            return;
    open_bind(plan, d);
}

static void mount_bind(struct plan *plan, struct directive *d) {
    if (d->source < 0)
        return;
    const char *destination = d->arguments[1];
    unsigned long flags = MS_NOSUID | (d->options & DEV ? 0 : MS_NODEV) | (d->options & RO ? MS_RDONLY : 0);
    struct stat status;
    int result = attach(plan, d->source, destination, flags);
    if (result < 0 && (errno == ENOENT || errno == ENOTDIR) && fstat(d->source, &status) == 0) {
        make_point(plan, destination, S_ISDIR(status.st_mode), 0);
        result = attach(plan, d->source, destination, flags);
    }
    if (result < 0)
        check_server(plan, errno);
    if (result < 0 && !(d->options & OPTIONAL))
        fail(text(plan, "cannot mount %s on %s", d->arguments[0], destination), text(plan, "bind mount: %s", strerror(errno)),
             "check the kernel's messages (dmesg)");
    close(d->source);
}

static void mount_new(struct plan *plan, const char *type, const char *destination, unsigned long flags, const char *options) {
    make_point(plan, destination, true, 0);
    if (mount(type, destination, type, MS_NOSUID | flags, options) < 0)
        fail(text(plan, "cannot mount %s on %s", type, destination), text(plan, "mount(2): %s", strerror(errno)),
             "check the kernel's messages (dmesg)");
    own(plan, destination);
}

static void mount_tmpfs(struct plan *plan, struct directive *d) {
    bool limited = strcmp(d->arguments[2], "-") != 0;
    mount_new(plan, "tmpfs", d->arguments[0], MS_NODEV,
              text(plan, "mode=%s%s%s", d->arguments[1], limited ? ",size=" : "", limited ? d->arguments[2] : ""));
}

static void open_proc(struct plan *plan, struct directive *d) {
    (void)plan;
    d->source = open_mount("/proc", true);
}

/* Inside of another container parts of /proc are covered, and the kernel refuses a new one that would show them. */
static void mount_proc(struct plan *plan, struct directive *d) {
    make_point(plan, d->arguments[0], true, 0);
    if (mount("proc", d->arguments[0], "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 &&
        (d->source < 0 || attach(plan, d->source, d->arguments[0], MS_NOSUID | MS_NODEV | MS_NOEXEC) < 0))
        fail(text(plan, "cannot mount proc on %s", d->arguments[0]), strerror(errno), "launch without a pid namespace");
}

static void mount_devpts(struct plan *plan, struct directive *d) {
    make_point(plan, d->arguments[0], true, 0);
    /* Group 5, tty, exists in user namespaces of several ids only. */
    const char *options = "newinstance,ptmxmode=0666,mode=0620";
    if (mount("devpts", d->arguments[0], "devpts", MS_NOSUID | MS_NOEXEC, text(plan, "%s,gid=5", options)) < 0)
        mount_new(plan, "devpts", d->arguments[0], MS_NOEXEC, options);
}

static void mount_mqueue(struct plan *plan, struct directive *d) {
    mount_new(plan, "mqueue", d->arguments[0], MS_NODEV | MS_NOEXEC, NULL);
}

static void make_symlink(struct plan *plan, struct directive *d) {
    const char *path = d->arguments[1], *what = text(plan, "cannot make the symbolic link %s", path);
    char *parent = parent_of(plan, path);
    make_point(plan, parent, true, 0);
    if (!is_own(plan, parent))
        fail(what, text(plan, "%s comes from the host", parent), "choose another place");
    if ((unlink(path) < 0 && errno != ENOENT) || symlink(d->arguments[0], path) < 0)
        fail(what, text(plan, "symlink(2): %s", strerror(errno)), "choose another place");
}

/* Where a written file goes: in its place, if that ends with the container; else beside the root, bound to its place, so
 * that a persistent overlay or a writable directory keeps its own. */
static void put_file(struct plan *plan, const char *path, mode_t mode, const char *bytes, size_t length, int from) {
    const char *what = text(plan, "cannot write %s", path);
    char *parent = parent_of(plan, path);
    struct stat there, root;
    make_point(plan, parent, true, 0);
    bool in_place = is_own(plan, parent) && (plan->root_is_temporary || (stat(parent, &there) == 0 && stat("/", &root) == 0 &&
                                                                         there.st_dev != root.st_dev));
    char name[16];
    snprintf(name, sizeof name, "%d", plan->staged++);
    if (in_place && lstat(path, &there) == 0 && S_ISDIR(there.st_mode))
        fail(what, "it is a directory", "choose another destination");
    if (in_place)
        unlink(path);
    int fd = in_place ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
                      : openat(plan->stage, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || !write_all(fd, bytes, length))
        fail(what, strerror(errno), "free memory on this node, or choose another destination");
    char buffer[65536];
    for (ssize_t got; from >= 0 && (got = read(from, buffer, sizeof buffer)) != 0;)
        if (got < 0 || !write_all(fd, buffer, (size_t)got))
            fail(what, strerror(errno), "check the file that is copied, and free memory on this node");
    close(fd);
    if (in_place)
        return;
    make_point(plan, path, false, 0);
    int tree = clone_tree(plan->stage, name, OPEN_TREE_CLONE | O_CLOEXEC);
    if (tree < 0)
        tree = openat(plan->stage, name, O_PATH | O_CLOEXEC);
    if (tree < 0 || attach(plan, tree, path, MS_NOSUID | MS_NODEV) < 0)
        fail(what, text(plan, "bind mount: %s", strerror(errno)), "choose another destination");
    close(tree);
}

static void write_file(struct plan *plan, struct directive *d) {
    put_file(plan, d->arguments[0], mode_of(d->arguments[1]), d->arguments[2], strlen(d->arguments[2]), -1);
}

static void open_copy(struct plan *plan, struct directive *d) {
    d->source = open(d->arguments[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (d->source < 0 && errno != ENOENT && errno != ENOTDIR)
        fail(text(plan, "cannot copy %s", d->arguments[0]), strerror(errno), "check the rights of the file");
    if (d->source >= 0 && (fstat(d->source, &status) < 0 || !S_ISREG(status.st_mode)))
        fail(text(plan, "cannot copy %s", d->arguments[0]), "it is no regular file", "use bind");
}

static void copy_file(struct plan *plan, struct directive *d) {
    if (d->source < 0)
        return;
    put_file(plan, d->arguments[1], 0644, "", 0, d->source);
    close(d->source);
}

/* The caller's lines, looked up on the host. */
static void read_accounts(struct plan *plan, struct directive *d) {
    bool root = plan->root_inside;
    uid_t uid = root ? 0 : plan->uid;
    gid_t gid = root ? 0 : plan->gid;
    char *key = text(plan, "%u", plan->uid), *shell = d->arguments[1], name[256] = "", comment[256] = "", old_shell[256] = "";
    const char *line = account_lines(plan, "passwd", (const char *const *)&key, 1), *user = getenv("USER");
    const char *field = line;
    for (int i = 0; i < 7 && *line; i++) { /* name:password:uid:gid:comment:home:shell */
        size_t length = strcspn(field, ":\n");
        char *into = i == 0 ? name : i == 4 ? comment : i == 6 ? old_shell : NULL;
        if (into != NULL)
            snprintf(into, 256, "%.*s", (int)(length < 255 ? length : 255), field);
        field += length + (field[length] == ':');
    }
    if (name[0] == '\0')
        snprintf(name, sizeof name, "%s", user != NULL && user[0] != '\0' && strpbrk(user, ":\n") == NULL ? user : key);
    d->text = text(plan, "%s:x:%u:%u:%s:%s:%s\n", name, uid, gid, comment, d->arguments[0],
                   strcmp(shell, "-") != 0 ? shell : old_shell[0] != '\0' ? old_shell : "/bin/sh");
    const char *keys[65];
    int count = 0;
    keys[count++] = text(plan, "%u", plan->gid);
    for (int i = 0; i < plan->group_count && !root; i++)
        if (plan->groups[i] != plan->gid)
            keys[count++] = text(plan, "%u", plan->groups[i]);
    d->group_text = root ? text(plan, "%s", "") : account_lines(plan, "group", keys, count);
    if (!root && d->group_text[0] == '\0')
        d->group_text = text(plan, "%s:x:%u:\n", name, gid);
}

/* Does the database hold this name or, for ids, this id? `fields` is the line's start, e.g. "alice:". */
static bool has_line(const char *file, const char *name, unsigned id) {
    for (const char *line, *rest = file; (line = next_line(&rest)) != NULL;) {
        unsigned found;
        size_t length = strcspn(line, ":\n");
        const char *second = line[length] == ':' ? strchr(line + length + 1, ':') : NULL;
        if (second == NULL || sscanf(second, ":%u", &found) != 1 || found != id)
            continue;
        if (name == NULL || (strlen(name) == length && strncmp(line, name, length) == 0))
            return true;
    }
    return false;
}

static void write_accounts(struct plan *plan, struct directive *d) {
    size_t length;
    char *old = read_file(plan, AT_FDCWD, "/etc/passwd", true, &length);
    if (old == NULL)
        check_server(plan, errno);
    unsigned uid = plan->root_inside ? 0 : plan->uid;
    char *name = text(plan, "%.*s", (int)strcspn(d->text, ":"), d->text);
    if (old == NULL || !has_line(old, uid == 0 ? NULL : name, uid)) {
        char *all = text(plan, "%s%s", d->text, old != NULL ? old : "");
        put_file(plan, "/etc/passwd", 0644, all, strlen(all), -1);
    }
    old = read_file(plan, AT_FDCWD, "/etc/group", true, &length);
    char *all = text(plan, "%s", "");
    for (const char *line, *rest = d->group_text; (line = next_line(&rest)) != NULL;) {
        unsigned gid;
        if (sscanf(line, "%*[^:\n]:%*[^:\n]:%u", &gid) == 1 && (old == NULL || !has_line(old, NULL, gid)))
            all = text(plan, "%s%.*s\n", all, (int)strcspn(line, "\n"), line);
    }
    if (all[0] == '\0')
        return;
    all = text(plan, "%s%s", all, old != NULL ? old : "");
    put_file(plan, "/etc/group", 0644, all, strlen(all), -1);
}

/* ---- process namespaces ----------------------------------------------------------------------------------------- */

static const int relayed[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH, SIGALRM};

static void block_relayed(sigset_t *awaited, sigset_t *before) {
    sigemptyset(awaited);
    sigaddset(awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof relayed / sizeof *relayed; i++)
        sigaddset(awaited, relayed[i]);
    sigprocmask(SIG_BLOCK, awaited, before);
}

/* Waits for a child and hands signals on to it: not those of the terminal, which reach the whole process group by
 * themselves. They are blocked since before the child was made. Returns the child's wait status. */
static int wait_and_relay(const sigset_t *awaited, pid_t child, bool reap_all) {
    for (;;) {
        int status;
        pid_t ended;
        while ((ended = waitpid(reap_all ? -1 : child, &status, WNOHANG)) > 0)
            if (ended == child)
                return status;
        siginfo_t signal_info;
        int number = sigwaitinfo(awaited, &signal_info);
        if (number > 0 && number != SIGCHLD && signal_info.si_code <= 0)
            kill(child, number);
        if (number == SIGTSTP && !reap_all)
            raise(SIGSTOP);
    }
}

/* Ends as another process has ended, so that the shell above sees the same. */
static _Noreturn void end_like(int status) {
    if (WIFSIGNALED(status)) {
        sigset_t one;
        struct rlimit no_core = {0, 0}; /* the application has written its own */
        setrlimit(RLIMIT_CORE, &no_core);
        signal(WTERMSIG(status), SIG_DFL);
        sigemptyset(&one);
        sigaddset(&one, WTERMSIG(status));
        kill(getpid(), WTERMSIG(status));
        sigprocmask(SIG_UNBLOCK, &one, NULL);
        _exit(128 + WTERMSIG(status));
    }
    _exit(WEXITSTATUS(status));
}

static _Noreturn void cannot_fork(struct plan *plan, int error) {
    fail("cannot make the container's first process", text(plan, "fork(2): %s", strerror(error)),
         "raise the limit of processes (ulimit -u)");
}

/* The other namespaces; a pid namespace begins with a child, whose parent waits here until the end. */
static void unshare_rest(struct plan *plan) {
    if (unshare(CLONE_NEWNS | plan->namespaces) < 0)
        fail("cannot make namespaces", text(plan, "unshare(2): %s", strerror(errno)),
             errno == ENOSPC ? "as root: raise user.max_mnt_namespaces and its kin with sysctl"
                             : "check that the kernel has these namespaces, and the AppArmor or seccomp profile");
    plan->parent_alive = -1;
    if (!(plan->namespaces & CLONE_NEWPID))
        return;
    sigset_t awaited, before;
    int ends[2];
    block_relayed(&awaited, &before);
    pid_t child = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();
    if (child < 0)
        cannot_fork(plan, errno);
    if (child > 0) {
        close(ends[1]);
        if (plan->release > 0)
            close(plan->release);
        if (plan->fuse > 0)
            close(plan->fuse);
        if (plan->die_with_parent) { /* the child sees this process end, and ends with it */
            prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
            if (getppid() != plan->caller)
                _exit(LAUNCH_FAILED);
        }
        int status = wait_and_relay(&awaited, child, false), inner;
        if (read(ends[0], &inner, sizeof inner) == sizeof inner)
            status = inner; /* process 1 cannot die by a signal of its own namespace, so it tells */
        end_like(status);
    }
    close(ends[0]);
    plan->parent_alive = ends[1];
    sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Ends this process with its parent; there may be none any more. */
static void die_with_parent(struct plan *plan, int number, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, number, 0, 0, 0);
    struct pollfd other_end = {.fd = plan->parent_alive};
    if (plan->parent_alive >= 0 ? poll(&other_end, 1, 0) > 0 : getppid() != parent)
        _exit(LAUNCH_FAILED);
}

/* Process 1 of a pid namespace reaps what its children leave behind, and ends with the application, process 2. */
static void start_init(struct plan *plan) {
    if (!(plan->namespaces & CLONE_NEWPID) || plan->no_init)
        return;
    sigset_t awaited, before;
    block_relayed(&awaited, &before);
    pid_t child = fork();
    if (child < 0)
        cannot_fork(plan, errno);
    if (child > 0) {
        dup2(plan->parent_alive, 0);
        close_from(1); /* pipes of the caller must end with the application */
        int status = wait_and_relay(&awaited, child, true);
        if (write(0, &status, sizeof status) < 0)
            _exit(LAUNCH_FAILED);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void set_up_network(struct plan *plan) {
    if (plan->hostname != NULL && sethostname(plan->hostname->arguments[0], strlen(plan->hostname->arguments[0])) < 0)
        fail("cannot set the host name", text(plan, "sethostname(2): %s", strerror(errno)), "choose another name");
    if (!(plan->namespaces & CLONE_NEWNET))
        return;
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback) < 0) {
        dprintf(STDERR_FILENO, "note: the loopback interface stays down: %s\n", strerror(errno));
    }
    if (fd >= 0)
        close(fd);
}

/* ---- fake-ids --------------------------------------------------------------------------------------------------- */

/* System calls that a package manager makes as root and that a single mapped id cannot do: they answer 0. Numbers by
 * architecture, from the kernel's syscall tables; i386 has 16 and 32 bit variants. mknod stays real for what anybody
 * may make (fifos, sockets, files). */
static const struct faked {
    uint32_t architecture;
    short mknod, mknodat; /* -1: does not exist */
    short calls[40];      /* ends with 0 */
} faked[] = {
    {AUDIT_ARCH_X86_64, 133, 259, {92, 93, 94, 260, 105, 106, 113, 114, 116, 117, 119, 122, 123, 126}},
    {AUDIT_ARCH_I386, 14, 297, {182, 16, 95, 198, 207, 212, 298, 23, 46, 70, 71, 81, 138, 139, 164, 170, 185, 203, 204, 206,
                                208, 210, 213, 214, 215, 216}},
    {AUDIT_ARCH_AARCH64, -1, 33, {54, 55, 143, 144, 145, 146, 147, 149, 151, 152, 159, 91}},
};

static void fake_ids(struct plan *plan) {
    if (!plan->fake_ids)
        return;
    struct sock_filter code[256];
    unsigned short used = 0;
    const struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_filter fake = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO); /* errno 0: success */
    const struct sock_filter load_call = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    code[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    for (size_t i = 0; i < sizeof faked / sizeof *faked; i++) {
        unsigned short start = used++; /* the jump over this architecture is written last */
        code[used++] = load_call;
        for (const short *call = faked[i].calls; *call != 0; call++) {
            code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*call, 0, 1);
            code[used++] = fake;
        }
        for (int at = 0; at < 2; at++) { /* the mode is argument 1 of mknod(2), 2 of mknodat(2) */
            short call = at == 0 ? faked[i].mknod : faked[i].mknodat;
            if (call < 0)
                continue;
            size_t mode = offsetof(struct seccomp_data, args) + 8u * (size_t)(at + 1);
            code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 6);
            code[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)mode);
            code[used++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, S_IFMT);
            code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFCHR, 1, 0);
            code[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, S_IFBLK, 0, 1);
            code[used++] = fake;
            code[used++] = pass;
        }
        code[used++] = pass;
        code[start] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, faked[i].architecture, 0,
                                                   (unsigned char)(used - start - 1));
    }
    code[used++] = pass;
    struct sock_fprog filter_program = {used, code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter_program, 0, 0) < 0)
        fail("cannot fake ids", text(plan, "prctl(PR_SET_SECCOMP): %s", strerror(errno)),
             "needs a kernel with CONFIG_SECCOMP_FILTER; or use identity subids");
}

/* ---- the application -------------------------------------------------------------------------------------------- */

static void enter_directory(struct plan *plan) {
    if (plan->cwd == NULL)
        return;
    int error = 0;
    for (int i = 0; i < plan->cwd->count; i++) {
        const char *directory = plan->cwd->arguments[i];
        if (strcmp(directory, "-") == 0)
            directory = "/";
        if (chdir(directory) == 0) {
            if (i > 0)
                dprintf(STDERR_FILENO, "note: the working directory is %s, as %s cannot be entered: %s\n", directory,
                        plan->cwd->arguments[0], strerror(error));
            return;
        }
        if (error == 0)
            error = errno;
    }
    fail(text(plan, "cannot enter the working directory %s", plan->cwd->arguments[0]),
         text(plan, "chdir %s: %s", plan->cwd->arguments[0], error == ENOENT ? "no such file or directory" : strerror(error)),
         "bind it into the container, or choose another one (--pwd)");
}

static const char *machine_name(unsigned machine) {
    return machine == EM_X86_64    ? "x86_64"
           : machine == EM_AARCH64 ? "aarch64"
           : machine == EM_386     ? "i386"
           : machine == EM_PPC64   ? "ppc64le"
           : machine == EM_RISCV   ? "riscv64"
           : machine == EM_ARM     ? "arm"
                                   : "another architecture";
}

/* execve(2) answers ENOENT, EACCES and ENOEXEC for many causes; the file's first bytes tell them apart. */
static _Noreturn void explain_exec(struct plan *plan, const char *path, int error) {
    const char *what = text(plan, "cannot run %s in the container", plan->exec->arguments[0]);
    unsigned char head[256] = {0};
    struct stat status;
    if (stat(path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR))
        fail(what,
             strcmp(path, "/bin/sh") == 0 ? "stat /bin/sh: no such file or directory: this image has no shell"
                                          : text(plan, "stat %s: no such file or directory", path),
             strcmp(path, "/bin/sh") == 0 ? "name a program of the image that needs no shell (exec)"
                                          : "check the path; it is one inside of the container");
    if (error == EACCES && S_ISDIR(status.st_mode))
        fail(what, text(plan, "%s is a directory", path), "name a program");
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = fd >= 0 ? read(fd, head, sizeof head - 1) : -1;
    if (error == EACCES && (status.st_mode & 0111) == 0)
        fail(what, text(plan, "\"%s\": permission denied (mode %03o: not executable)", path, status.st_mode & 0777),
             "make it executable in the image (chmod +x)");
    if (length > 2 && head[0] == '#' && head[1] == '!' && (error == ENOENT || error == EACCES || error == ENOEXEC)) {
        char *interpreter = (char *)head + 2 + strspn((char *)head + 2, " \t");
        interpreter[strcspn(interpreter, " \t\n")] = '\0';
        bool shell = strcmp(interpreter, "/bin/sh") == 0 || strcmp(interpreter, "/bin/bash") == 0;
        fail(what,
             text(plan, "it is a script for %s: %s%s", interpreter,
                  error == ENOENT ? text(plan, "stat %s: no such file or directory", interpreter) : strerror(error),
                  error == ENOENT && shell ? ": this image has no such shell" : ""),
             "install the interpreter in the image, or name another program");
    }
    if (length > 20 && memcmp(head, ELFMAG, SELFMAG) == 0) {
        if (error == ENOENT)
            fail(what, text(plan, "%s exists, but the loader of its shared libraries doesn't", path),
                 "the image is incomplete, or the program was built for another C library");
        fail(what, text(plan, "%s: %s; it was built for %s", path, strerror(error), machine_name(head[18] | head[19] << 8u)),
             "use an image for the architecture of this node (uname -m)");
    }
    fail(what, text(plan, "execve(2) of %s: %s", path, strerror(error)), "check the program in the image");
}

static void try_exec(struct plan *plan, const char *path, char **arguments, int *error) {
    execve(path, arguments, plan->environment);
    if (errno == ENOEXEC) { /* a script without #!: as shells and execvp(3) do */
        char head[4] = "";
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, head, sizeof head) >= 0 && memcmp(head, ELFMAG, SELFMAG) != 0) {
            size_t count = 0;
            while (arguments[count] != NULL)
                count++;
            char **with_shell = keep(plan, (count + 2) * sizeof *with_shell);
            with_shell[0] = "/bin/sh";
            with_shell[1] = (char *)path;
            memcpy(with_shell + 2, arguments + 1, count * sizeof *with_shell);
            execve("/bin/sh", with_shell, plan->environment);
            if (errno == ENOENT)
                explain_exec(plan, "/bin/sh", ENOENT);
        }
        errno = ENOEXEC;
    }
    if (*error == 0 || *error == ENOENT)
        *error = errno;
}

static _Noreturn void run(struct plan *plan, char **more) {
    size_t own_count = (size_t)plan->exec->count, more_count = 0;
    while (plan->pass_arguments && more[more_count] != NULL)
        more_count++;
    char **arguments = keep(plan, (own_count + more_count + 1) * sizeof *arguments);
    memcpy(arguments, plan->exec->arguments, own_count * sizeof *arguments);
    memcpy(arguments + own_count, more, more_count * sizeof *arguments);
    const char *program_name = arguments[0];
    int error = 0;
    if (strchr(program_name, '/') != NULL) {
        try_exec(plan, program_name, arguments, &error);
        explain_exec(plan, program_name, error);
    }
    char **path = variable(plan, "PATH", 4), *failed = NULL;
    const char *directories = path != NULL ? *path + 5 : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (const char *at = directories;; at++) {
        size_t length = strcspn(at, ":");
        char *candidate = text(plan, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "./", program_name);
        int before = error;
        try_exec(plan, candidate, arguments, &error);
        if (error != before && access(candidate, F_OK) == 0)
            failed = candidate;
        at += length;
        if (*at == '\0')
            break;
    }
    if (failed != NULL)
        explain_exec(plan, failed, error);
    fail(text(plan, "cannot run %s in the container", program_name),
         strcmp(program_name, "sh") == 0 || strcmp(program_name, "bash") == 0
             ? text(plan, "\"%s\": executable file not found in $PATH: this image has no such shell", program_name)
             : text(plan, "\"%s\": executable file not found in $PATH", program_name),
         text(plan, "check the name and the container's PATH (%s)", directories));
}

/* ---- the launch record ------------------------------------------------------------------------------------------ */

/* A string of JSON (RFC 8259). Bytes beyond ASCII stay as they are: UTF-8, if the value is. */
static char *json_string(struct plan *plan, const char *value, size_t length) {
    char *result = keep(plan, length * 6 + 3), *to = result;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c < ' ')
            to += sprintf(to, "\\u%04x", c);
        else {
            if (c == '"' || c == '\\')
                *to++ = '\\';
            *to++ = (char)c;
        }
    }
    *to++ = '"';
    return result;
}

/* The value of a field: as it stands, or that of the first variable that is set; NULL when none is. */
static const char *field_value(struct plan *plan, const char *field) {
    const char *at = field + strcspn(field, "=:");
    if (*at == '=')
        return at + 1;
    while (*at != '\0') {
        size_t length = strcspn(++at, ",");
        const char *value = getenv(text(plan, "%.*s", (int)length, at));
        if (value != NULL && value[0] != '\0')
            return value;
        at += length;
    }
    return NULL;
}

/* Composes the record and opens its destination, which the container may not show. Whatever fails, the launch goes on. */
static void open_record(struct plan *plan) {
    const struct directive *d = plan->record;
    struct utsname node;
    struct timespec now;
    char seconds[32];
    if (d == NULL || uname(&node) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
        return;
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", gmtime(&now.tv_sec));
    plan->record_id = text(plan, "%s-%lld%09ld-%d", node.nodename, (long long)now.tv_sec, now.tv_nsec, getpid());
    char *record = text(plan, "{\"id\":%s,\"time\":\"%s.%03ldZ\",\"uid\":%u,\"node\":%s",
                        json_string(plan, plan->record_id, strlen(plan->record_id)), seconds, now.tv_nsec / 1000000, plan->uid,
                        json_string(plan, node.nodename, strlen(node.nodename)));
    for (int i = 1; i < d->count; i++) {
        const char *field = d->arguments[i], *value = field_value(plan, field);
        if (value != NULL)
            record = text(plan, "%s,%s:%s", record, json_string(plan, field, strcspn(field, "=:")),
                          json_string(plan, value, strlen(value)));
    }
    plan->record_text = text(plan, "%s}\n", record);
    if (strcmp(d->arguments[0], "syslog") != 0) {
        plan->record_fd = open(d->arguments[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
        return;
    }
    const struct sockaddr_un log = {AF_UNIX, "/dev/log"};
    plan->record_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (plan->record_fd >= 0 && connect(plan->record_fd, (const struct sockaddr *)&log, sizeof log) < 0) {
        close(plan->record_fd);
        plan->record_fd = -1;
    }
}

static void forget_record(struct plan *plan) {
    if (plan->record_fd >= 0)
        close(plan->record_fd);
    plan->record_fd = -1;
}

/* One file a record, of its full name only when it is whole; or one message of facility user, level info. */
static void write_record(struct plan *plan) {
    if (plan->record_fd < 0)
        return;
    if (strcmp(plan->record->arguments[0], "syslog") == 0) {
        char *message = text(plan, "<14>amphora[%d]: %s", getpid(), plan->record_text);
        send(plan->record_fd, message, strlen(message) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    } else {
        char *part = text(plan, ".%s.part", plan->record_id);
        int fd = openat(plan->record_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd >= 0 && (!write_all(fd, plan->record_text, strlen(plan->record_text)) ||
                        renameat(plan->record_fd, part, plan->record_fd, text(plan, "%s.json", plan->record_id)) < 0))
            unlinkat(plan->record_fd, part, 0);
        if (fd >= 0)
            close(fd);
    }
    close(plan->record_fd);
}

/* ---- the verbs --------------------------------------------------------------------------------------------------- */

static const struct verb verbs[] = {
    {"squashfs", "pop", .once = true, .shapes = true, .note = one_image},
    {"directory", "p", .once = true, .shapes = true, .note = one_image},
    {"layer", "p", .shapes = true, .open_source = open_layer},
    {"copies", "p", .shapes = true, .open_source = open_copies},
    {"upper", "ts?", .once = true, .shapes = true, .place = offsetof(struct plan, upper), .open_source = open_upper, .note = note_upper},
    {"writable", "", .once = true, .flag = offsetof(struct plan, writable)},
    {"identity", "t", .once = true, .shapes = true, .note = note_identity},
    {"fake-ids", "", .once = true, .flag = offsetof(struct plan, fake_ids)},
    {"unshare", "t", .shapes = true, .note = note_unshare},
    {"no-init", "", .once = true, .flag = offsetof(struct plan, no_init)},
    {"die-with-parent", "", .once = true, .flag = offsetof(struct plan, die_with_parent)},
    {"hostname", "t", .once = true, .shapes = true, .place = offsetof(struct plan, hostname), .note = note_hostname},
    {"join", "t+", .note = note_join},
    {"linger", "t", .once = true, .place = offsetof(struct plan, linger), .note = note_linger},
    {"bind", "ppt", .makes = SOURCES_KIND, .note = note_bind, .open_source = open_bind, .mount = mount_bind},
    {"here", "", .once = true, .makes = SOURCES_KIND, .note = note_here, .open_source = open_here, .mount = mount_bind},
    {"tmpfs", "pms", .makes = DIRECTORY, .mount = mount_tmpfs},
    {"proc", "p", .makes = DIRECTORY, .open_source = open_proc, .mount = mount_proc},
    {"devpts", "p", .makes = DIRECTORY, .mount = mount_devpts},
    {"mqueue", "p", .makes = DIRECTORY, .mount = mount_mqueue},
    {"symlink", "tp", .makes = LINK, .note = note_symlink, .mount = make_symlink},
    {"write", "pmt", .makes = TEXT_FILE, .mount = write_file},
    {"copy", "pp", .makes = COPY, .open_source = open_copy, .mount = copy_file},
    {"accounts", "pt", .once = true, .makes = ACCOUNTS, .open_source = read_accounts, .mount = write_accounts},
    {"record", "t+", .once = true, .place = offsetof(struct plan, record), .note = note_record},
    {"env-keep", "t+", .arrange = env_keep},
    {"env-drop", "t+", .arrange = env_drop},
    {"env-hold", "", .once = true, .arrange = env_hold},
    {"env-set", "nt", .arrange = env_set},
    {"env-default", "nt", .arrange = env_default},
    {"env-prepend", "ntt", .arrange = env_prepend},
    {"env-append", "ntt", .arrange = env_append},
    {"cwd", "t+", .once = true, .place = offsetof(struct plan, cwd), .note = note_cwd},
    {"umask", "m", .once = true, .place = offsetof(struct plan, umask)},
    {"exec", "t+", .once = true, .place = offsetof(struct plan, exec), .note = note_exec},
    {"arguments", "", .once = true, .flag = offsetof(struct plan, pass_arguments)},
    {"include", "p", .note = note_include},
    {"include-optional", "p", .note = note_include},
    {"made-from", "tt", .note = note_made_from},
};

static const struct verb *verb_named(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strlen(verbs[i].name) == length && memcmp(verbs[i].name, name, length) == 0)
            return &verbs[i];
    return NULL;
}

/* ---- the planner ------------------------------------------------------------------------------------------------ */

/* Runs the command that writes the plan; when it wrote none, ends as it has ended. */
static void run_planner(struct plan *plan, char **command) {
    int fd = memfd_create("amphora-plan", 0);
    if (command[0] == NULL)
        fail("cannot plan", "--planner needs a command", "amphora-start --planner COMMAND [ARGUMENT...]");
    if (fd < 0)
        fail("cannot plan", text(plan, "memfd_create(2): %s", strerror(errno)), "raise the limit of open files");
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        static const char *const dropped[] = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"};
        for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
            unsetenv(dropped[i]);
        setenv("AMPHORA_PLAN_FD", text(plan, "%d", fd), true);
        const char *language = getenv("LC_ALL");
        if (language != NULL)
            setenv("AMPHORA_LC_ALL", language, true);
        else
            unsetenv("AMPHORA_LC_ALL");
        setenv("LC_ALL", "C.UTF-8", true);
        /* An interrupted launch must not leave a planner that goes on pulling. */
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
        if (getppid() == parent)
            execv(command[0], command);
        fail("cannot plan", text(plan, "execve(2) of %s: %s", command[0], strerror(errno)), "install Amphora again");
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        fail("cannot plan", text(plan, "fork(2): %s", strerror(errno)), "raise the limit of processes (ulimit -u)");
    struct stat written;
    if (status != 0 || fstat(fd, &written) < 0 || written.st_size == 0)
        end_like(status);
    if (written.st_size > PLAN_LIMIT)
        fail("cannot read the plan", "longer than a plan can be (4 MiB)", "report this as a bug");
    char *bytes = keep(plan, (size_t)written.st_size);
    if (pread(fd, bytes, (size_t)written.st_size, 0) != written.st_size)
        fail("cannot read the plan", text(plan, "pread(2): %s", strerror(errno)), "report this as a bug");
    close(fd);
    if (!read_plan(plan, "(plan)", bytes, (size_t)written.st_size) || !check_plan(plan, "(plan)"))
        fail("cannot read the plan", plan->complaint, plan->advice != NULL ? plan->advice : "report this as a bug");
}

/* A caller may have closed 0, 1 or 2. What is opened here must not land there: messages would be written into it. At
 * execve(2) they are closed again. */
static void fill_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR | O_CLOEXEC);
}

static void make_container(struct plan *plan) {
    become_root_inside(plan);
    start_server(plan);
    unshare_rest(plan);
    /* Slaves see what the host mounts later (autofs), and hand nothing back. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
        refuse_namespace(plan, "mount(2) of MS_SLAVE", errno);
    plan->host_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    open_sources(plan);
    build_root(plan);
    enter_root(plan);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->directives[i]->verb->mount != NULL)
            plan->directives[i]->verb->mount(plan, plan->directives[i]);
    leave_host(plan);
    set_up_network(plan);
    if (plan->namespaces & CLONE_NEWPID)
        die_with_parent(plan, SIGKILL, 0);
    start_init(plan);
    become_caller(plan);
}

#ifndef FUZZ
/* Plans that serve every user name HOME and PWD. PWD is what the caller's shell calls the working directory; a program
 * that changes directory before it starts another one leaves it behind, and then it must not count. */
static void settle_variables(struct plan *plan) {
    struct stat named, here;
    const char *directory = getenv("PWD");
    if (directory == NULL || directory[0] != '/' || stat(directory, &named) < 0 || stat(".", &here) < 0 ||
        named.st_dev != here.st_dev || named.st_ino != here.st_ino) {
        char *real = keep(plan, PATH_MAX);
        setenv("PWD", getcwd(real, PATH_MAX) != NULL && real[0] == '/' ? real : "/", 1);
    }
    if (getenv("HOME") == NULL) {
        char *uid = text(plan, "%u", getuid()), *home = account_lines(plan, "passwd", (const char *const *)&uid, 1);
        for (int i = 0; i < 5 && *home; i++) /* name:password:uid:gid:comment:home:shell */
            home += strcspn(home, ":\n") + (home[strcspn(home, ":\n")] == ':');
        home[strcspn(home, ":\n")] = '\0';
        setenv("HOME", home[0] == '/' ? home : "/", 1);
    }
}

int main(int count, char **words) {
    struct plan plan = {.memory = NULL, .parent_alive = -1, .release = -1, .fuse = -1, .gate = -1, .serves = -1, .record_fd = -1};
    char **more = words + (count < 2 ? count : 2);
    plan.caller = getppid();
    plan.command_line = words[0];
    plan.command_length = (size_t)(words[count - 1] - words[0]) + strlen(words[count - 1]) + 1;
    fill_standard_descriptors();
    /* wait(2) finds no child when the caller has SIGCHLD ignored, as daemons do; the application inherits it again. */
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &plan.child_ended);
    if (count < 2)
        fail("nothing to launch", "no plan was named", "amphora-start PLAN [ARGUMENT...]");
    if (strcmp(words[1], "--planner") == 0) {
        run_planner(&plan, more);
        more = words + count;
        plan.pass_arguments = false;
    } else {
        settle_variables(&plan);
        if (!read_plan_file(&plan, words[1], false, NULL) || !check_plan(&plan, words[1]))
            fail("cannot read the plan", plan.complaint,
                 plan.advice != NULL ? plan.advice : "make the plan again (amphora plan, amphora deploy)");
    }
    if (!plan.pass_arguments && more[0] != NULL)
        fail(text(&plan, "cannot pass \"%s\"", more[0]), "this plan takes no arguments", "call it without");

    copy_environment(&plan);
    for (size_t i = 0; i < plan.count; i++)
        if (plan.directives[i]->verb->arrange != NULL)
            plan.directives[i]->verb->arrange(&plan, plan.directives[i]);

    /* Sources need descriptors even when the caller left few; the application gets the caller's limit. */
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &plan.files) == 0) {
        most = (struct rlimit){plan.files.rlim_max, plan.files.rlim_max};
        setrlimit(RLIMIT_NOFILE, &most);
    }
    mode_t mask = umask(0);

    know_caller(&plan);
    name_group(&plan);
    open_record(&plan);
    if (!join_group(&plan))
        make_container(&plan);
    else if (!plan.lingers)
        forget_record(&plan); /* ranks that join are of one launch */
    hand_over(&plan);

    umask(plan.umask != NULL ? mode_of(plan.umask->arguments[0]) : mask);
    enter_directory(&plan);
    setrlimit(RLIMIT_NOFILE, &plan.files);
    sigaction(SIGCHLD, &plan.child_ended, NULL);
    if (plan.die_with_parent || (plan.namespaces & CLONE_NEWPID && plan.no_init))
        die_with_parent(&plan, SIGKILL, plan.caller);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        fail("cannot launch", text(&plan, "prctl(PR_SET_NO_NEW_PRIVS): %s", strerror(errno)), "needs Linux 3.5");
    write_record(&plan);
    fake_ids(&plan);
    run(&plan, more);
}

#else
static void free_plan(struct plan *plan) {
    for (struct chunk *next; plan->memory != NULL; plan->memory = next) {
        next = plan->memory->next;
        free(plan->memory);
    }
}

/* The plan reader alone, for the fuzzer: any bytes end in a plan or a complaint, and nothing outside changes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct plan plan = {.memory = NULL};
    if (read_plan(&plan, "fuzz", (const char *)bytes, length) && check_plan(&plan, "fuzz")) {
        copy_environment(&plan);
        for (size_t i = 0; i < plan.count; i++)
            if (plan.directives[i]->verb->arrange != NULL)
                plan.directives[i]->verb->arrange(&plan, plan.directives[i]);
    } else if (plan.complaint == NULL)
        abort();
    free_plan(&plan);
    return 0;
}
#endif
