/*
 * The floor under a copy: one system call family in a plain loop, timed inside the process.
 *
 *   floor copy [-m METHOD] [-b BYTES] [-a none|full|keep] [-j 1|2] [-n COUNT] [-r] [-x] SRC DEST
 *     METHOD  clone, cfr (copy_file_range), sendfile, splice (private pipe of -b bytes), rw (buffer of -b bytes)
 *     -a      fallocate of the whole size before the data: full sets the size too, keep does not
 *     -j 2    two threads, each on one half of the file
 *     -n      that many copies, to DEST.0, DEST.1, ...
 *     -r      write a temporary sibling and rename it over DEST (what replacing an old file safely costs)
 *     -x      rewrite DEST in place with O_TRUNC; without -r and -x the destination must be absent
 *   floor cost FILE DIR
 *     what the small calls around a copy cost here: fstat, statx, a FICLONE that fails
 *
 * Prints the nanoseconds of all COUNT copies, open and close included, unlink and process start not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* One call moves at most this much in palfs, so that a cancel is seen; the floor works under the same rule. */
#define CALL_LIMIT ((size_t)16 << 20)

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

enum method { CLONE, CFR, SENDFILE, SPLICE, RW };
static const char *const METHOD_NAMES[] = {"clone", "cfr", "sendfile", "splice", "rw"};

struct plan {
    enum method method;
    size_t buffer;
    int allocate; /* 0 none, 1 full, 2 keep size */
    int threads;
    int replace; /* 0 absent, 1 in place, 2 temporary and rename */
    long count;
    const char *src, *dest;
};

/* What a thread needs once, however many files it copies. */
struct lane {
    char *buffer;
    int pipe[2];
};

static void die(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct lane lane_open(const struct plan *plan) {
    struct lane lane = {NULL, {-1, -1}};
    if (plan->method == RW && posix_memalign((void **)&lane.buffer, 4096, plan->buffer)) die("buffer");
    if (plan->method == SPLICE) {
        if (pipe2(lane.pipe, O_CLOEXEC)) die("pipe2");
        if (fcntl(lane.pipe[1], F_SETPIPE_SZ, (int)plan->buffer) < 0) die("F_SETPIPE_SZ");
    }
    return lane;
}

static void lane_close(struct lane *lane) {
    free(lane->buffer);
    if (lane->pipe[0] >= 0) close(lane->pipe[0]);
    if (lane->pipe[1] >= 0) close(lane->pipe[1]);
}

static ssize_t step_splice(const struct plan *plan, struct lane *lane, int in, off_t *from, int out, off_t *to, size_t want) {
    ssize_t n = splice(in, from, lane->pipe[1], NULL, want < plan->buffer ? want : plan->buffer, SPLICE_F_MOVE);
    for (ssize_t left = n; left > 0;) {
        ssize_t m = splice(lane->pipe[0], NULL, out, to, (size_t)left, SPLICE_F_MOVE);
        if (m <= 0) return -1;
        left -= m;
    }
    return n;
}

static ssize_t step_rw(const struct plan *plan, struct lane *lane, int in, off_t *from, int out, off_t *to, size_t want) {
    ssize_t n = pread(in, lane->buffer, want < plan->buffer ? want : plan->buffer, *from);
    for (ssize_t done = 0; done < n;) {
        ssize_t m = pwrite(out, lane->buffer + done, (size_t)(n - done), *to);
        if (m < 0) return -1;
        done += m;
        *to += m;
    }
    if (n > 0) *from += n;
    return n;
}

/* Moves the bytes [at, end); the same offset on both sides. */
static void move_range(const struct plan *plan, struct lane *lane, int in, int out, off_t at, off_t end) {
    off_t from = at, to = at;
    if (plan->method == SENDFILE && at && lseek(out, at, SEEK_SET) < 0) die("lseek");
    while (from < end) {
        size_t want = (size_t)(end - from) < CALL_LIMIT ? (size_t)(end - from) : CALL_LIMIT;
        ssize_t n;
        switch (plan->method) {
            case CFR: n = copy_file_range(in, &from, out, &to, want, 0); break;
            case SENDFILE: n = sendfile(out, in, &from, want); break;
            case SPLICE: n = step_splice(plan, lane, in, &from, out, &to, want); break;
            default: n = step_rw(plan, lane, in, &from, out, &to, want); break;
        }
        if (n < 0) die(METHOD_NAMES[plan->method]);
        if (n == 0) break;
    }
}

struct half {
    const struct plan *plan;
    const char *dest;
    off_t at, end;
};

/* sendfile writes at the file position, so the second half has descriptors of its own. */
static void *copy_second_half(void *argument) {
    const struct half *half = argument;
    int in = open(half->plan->src, O_RDONLY | O_CLOEXEC), out = open(half->dest, O_WRONLY | O_CLOEXEC);
    if (in < 0 || out < 0) die("open");
    struct lane lane = lane_open(half->plan);
    move_range(half->plan, &lane, in, out, half->at, half->end);
    lane_close(&lane);
    close(in);
    close(out);
    return NULL;
}

static void copy_data(const struct plan *plan, struct lane *lane, int in, int out, const char *dest, off_t size) {
    if (plan->method == CLONE) {
        if (ioctl(out, FICLONE, in)) die("FICLONE");
        return;
    }
    if (plan->allocate) fallocate(out, plan->allocate == 2 ? FALLOC_FL_KEEP_SIZE : 0, 0, size);
    if (plan->threads == 1) {
        move_range(plan, lane, in, out, 0, size);
        return;
    }
    off_t middle = size / 2 / 4096 * 4096;
    struct half second = {plan, dest, middle, size};
    pthread_t thread;
    if (pthread_create(&thread, NULL, copy_second_half, &second)) die("pthread_create");
    move_range(plan, lane, in, out, 0, middle);
    pthread_join(thread, NULL);
}

static void copy_once(const struct plan *plan, struct lane *lane, const char *dest) {
    char temporary[4096 + sizeof ".tmp"];
    struct stat st;
    const char *target = dest;
    if (plan->replace == 2) {
        snprintf(temporary, sizeof temporary, "%s.tmp", dest);
        target = temporary;
    }
    int in = open(plan->src, O_RDONLY | O_CLOEXEC);
    if (in < 0 || fstat(in, &st)) die(plan->src);
    int out = open(target, O_WRONLY | O_CREAT | O_CLOEXEC | (plan->replace == 1 ? O_TRUNC : O_EXCL), st.st_mode & 07777);
    if (out < 0) die(target);
    copy_data(plan, lane, in, out, target, st.st_size);
    if (close(out)) die("close");
    close(in);
    if (plan->replace == 2 && rename(temporary, dest)) die("rename");
}

static int run_copies(const struct plan *plan) {
    char dest[4096];
    struct lane lane = lane_open(plan);
    uint64_t start = now();
    for (long i = 0; i < plan->count; i++) {
        if (plan->count == 1) snprintf(dest, sizeof dest, "%s", plan->dest);
        else snprintf(dest, sizeof dest, "%s.%ld", plan->dest, i);
        copy_once(plan, &lane, dest);
    }
    printf("%llu\n", (unsigned long long)(now() - start));
    lane_close(&lane);
    return 0;
}

#define COST(label, n, expression)                                                          \
    do {                                                                                    \
        uint64_t start = now();                                                             \
        for (int i = 0; i < (n); i++) (void)(expression);                                   \
        printf("%s\t%.0f\n", label, (double)(now() - start) / (n));                         \
    } while (0)

static int run_costs(const char *src, const char *dir) {
    char path[4096];
    struct stat st;
    struct statx sx;
    snprintf(path, sizeof path, "%s/floor-cost", dir);
    int in = open(src, O_RDONLY | O_CLOEXEC), out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0) die("open");
    const int basic = AT_EMPTY_PATH | AT_STATX_SYNC_AS_STAT;
    COST("getppid (an empty system call)", 200000, getppid());
    COST("fstat", 200000, fstat(in, &st));
    COST("statx BASIC_STATS by fd", 200000, statx(in, "", basic, STATX_BASIC_STATS, &sx));
    COST("statx BASIC_STATS|MNT_ID by fd", 200000, statx(in, "", basic, STATX_BASIC_STATS | STATX_MNT_ID, &sx));
    COST("statx BASIC_STATS|MNT_ID_UNIQUE by fd", 200000, statx(in, "", basic, STATX_BASIC_STATS | STATX_MNT_ID_UNIQUE, &sx));
    COST("statx BASIC_STATS|BTIME|MNT_ID_UNIQUE by fd", 200000,
         statx(in, "", basic, STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID_UNIQUE, &sx));
    COST("lstat by path", 200000, lstat(src, &st));
    COST("stat of an absent name", 200000, stat("/nonexistent-name", &st));
    int source_is_cloned = 0;
    uint64_t start = now();
    for (int i = 0; i < 2000; i++) source_is_cloned += ioctl(out, FICLONE, in) == 0;
    printf("FICLONE, %s\t%.0f\n", source_is_cloned ? "which succeeds" : strerror(errno), (double)(now() - start) / 2000);
    close(in);
    close(out);
    unlink(path);
    return 0;
}

static int parse_method(const char *name) {
    for (int i = 0; i < 5; i++)
        if (!strcmp(name, METHOD_NAMES[i])) return i;
    fprintf(stderr, "floor: no method '%s'\n", name);
    exit(2);
}

int main(int argc, char **argv) {
    struct plan plan = {RW, 128 << 10, 0, 1, 0, 1, NULL, NULL};
    if (argc == 4 && !strcmp(argv[1], "cost")) return run_costs(argv[2], argv[3]);
    if (argc < 2 || strcmp(argv[1], "copy")) return 2;
    optind = 2;
    for (int option; (option = getopt(argc, argv, "m:b:a:j:n:rx")) != -1;) {
        switch (option) {
            case 'm': plan.method = parse_method(optarg); break;
            case 'b': plan.buffer = strtoul(optarg, NULL, 10); break;
            case 'a': plan.allocate = !strcmp(optarg, "full") ? 1 : !strcmp(optarg, "keep") ? 2 : 0; break;
            case 'j': plan.threads = atoi(optarg); break;
            case 'n': plan.count = atol(optarg); break;
            case 'r': plan.replace = 2; break;
            case 'x': plan.replace = 1; break;
            default: return 2;
        }
    }
    if (argc - optind != 2) return 2;
    plan.src = argv[optind];
    plan.dest = argv[optind + 1];
    return run_copies(&plan);
}
