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
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "floor-data.h"

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000U
#endif

struct plan {
    enum method method;
    size_t buffer;
    int allocate; /* 0 none, 1 full, 2 keep size */
    int threads;
    int replace; /* 0 absent, 1 in place, 2 temporary and rename */
    long count;
    const char *src, *dest;
};

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
    struct lane lane = lane_open(half->plan->method, half->plan->buffer);
    move_range(&lane, in, out, half->at, half->end);
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
        move_range(lane, in, out, 0, size);
        return;
    }
    off_t middle = size / 2 / 4096 * 4096;
    struct half second = {plan, dest, middle, size};
    pthread_t thread;
    if (pthread_create(&thread, NULL, copy_second_half, &second)) die("pthread_create");
    move_range(lane, in, out, 0, middle);
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
    struct lane lane = lane_open(plan->method, plan->buffer);
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
