/*
 * The floor under a tree copy: the system calls that palfs makes for the same guarantees, in a plain loop on threads.
 *
 *   tree-floor [-m METHOD] [-b BYTES] [-a BYTES] [-j THREADS] SRC DEST
 *     METHOD  clone, cfr (copy_file_range), sendfile, splice (pipe of -b bytes), rw (buffer of -b bytes); the last four
 *             until the call says that there is no more, whatever size the file claims
 *     -a      fallocate before the data of files of at least so many bytes
 *     -j      threads, 2 unless told
 *
 * DEST must be absent. Directories are held by descriptor and nothing follows a link: a name that somebody swaps for one
 * leads nowhere. New directories are private until their last entry is there. Prints the nanoseconds.
 *
 * The unit of work is what one getdents64 gave. Whoever finds that another thread has nothing to do leaves it half of the
 * entries still to come, so that one flat directory, or a few large files, use all threads.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "floor-data.h"

#define DIRENTS ((size_t)32 << 10)

struct directory {
    int in, out;
    mode_t mode;
    atomic_int batches; /* not yet done, and one while it is being read */
};

struct batch {
    struct batch *below;
    struct directory *directory;
    size_t at, end;
    char entries[];
};

static struct {
    enum method method;
    size_t size;
    off_t allocate_from;
    int threads;
    mode_t mask;
    uid_t uid;
    gid_t gid;
} plan = {RW, 128 << 10, TO_THE_END, 2, 0, 0, 0};

/* Batches to do, the newest on top: depth first, so that few directories are open at a time. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct batch *_Atomic top;
static atomic_int waiting;

static void push(struct batch *batch) {
    pthread_mutex_lock(&lock);
    batch->below = top;
    top = batch;
    if (waiting) pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

/* The next batch; NULL when all threads wait, which is the end. */
static struct batch *pop(void) {
    pthread_mutex_lock(&lock);
    waiting++;
    while (!top && waiting < plan.threads) pthread_cond_wait(&changed, &lock);
    struct batch *batch = top;
    if (batch) {
        top = batch->below;
        waiting--;
    } else {
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return batch;
}

static struct batch *batch_new(struct directory *directory, size_t bytes) {
    struct batch *batch = malloc(sizeof *batch + bytes);
    if (!batch) die("malloc");
    batch->directory = directory;
    batch->at = 0;
    batch->end = bytes;
    directory->batches++;
    return batch;
}

static void directory_release(struct directory *directory) {
    if (--directory->batches) return;
    if (fchmod(directory->out, directory->mode)) die("fchmod");
    close(directory->in);
    if (close(directory->out)) die("close");
    free(directory);
}

/* What a new file or directory does not get by being created: owner and group, and the bits that umask took. */
static void settle_new(int fd, const struct stat *st) {
    int foreign = st->st_uid != plan.uid || st->st_gid != plan.gid;
    if (foreign && fchown(fd, st->st_uid, st->st_gid)) die("fchown");
    if ((foreign || st->st_mode & plan.mask) && fchmod(fd, st->st_mode & 07777)) die("fchmod");
}

static void copy_file(struct lane *lane, struct directory *directory, const char *name) {
    struct stat st;
    int in = openat(directory->in, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (in < 0 || fstat(in, &st)) die(name);
    int out = openat(directory->out, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, st.st_mode & 0777);
    if (out < 0) die(name);
    if (st.st_size >= plan.allocate_from) fallocate(out, 0, 0, st.st_size);
    /* A file that says it is empty is read all the same: those of procfs say so too. */
    if (plan.method != CLONE || st.st_size == 0) move_range(lane, in, out, 0, TO_THE_END);
    else if (ioctl(out, FICLONE, in)) die("FICLONE");
    settle_new(out, &st);
    if (close(out)) die("close");
    close(in);
}

static void copy_link(struct directory *directory, const char *name) {
    char target[4096];
    ssize_t n = readlinkat(directory->in, name, target, sizeof target - 1);
    if (n < 0) die(name);
    target[n] = '\0';
    if (symlinkat(target, directory->out, name)) die(name);
}

static void push_entries(struct directory *directory) {
    char entries[DIRENTS];
    for (;;) {
        long n = syscall(SYS_getdents64, directory->in, entries, sizeof entries);
        if (n < 0) die("getdents64");
        if (n == 0) return;
        struct batch *batch = batch_new(directory, (size_t)n);
        memcpy(batch->entries, entries, (size_t)n);
        push(batch);
    }
}

static void copy_directory(int from, int to, const char *source, const char *dest) {
    struct directory *directory = calloc(1, sizeof *directory);
    struct stat st;
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (!directory) die("calloc");
    directory->in = openat(from, source, flags);
    if (directory->in < 0 || fstat(directory->in, &st)) die(source);
    if (mkdirat(to, dest, 0700)) die(dest);
    directory->out = openat(to, dest, flags);
    if (directory->out < 0) die(dest);
    if ((st.st_uid != plan.uid || st.st_gid != plan.gid) && fchown(directory->out, st.st_uid, st.st_gid)) die("fchown");
    directory->mode = st.st_mode & 07777;
    directory->batches = 1;
    push_entries(directory);
    directory_release(directory);
}

static struct dirent64 *entry_at(struct batch *batch, size_t at) {
    return (struct dirent64 *)(batch->entries + at);
}

/* Leaves the second half of what is left to a thread that has nothing to do. */
static void share(struct batch *batch) {
    size_t middle = batch->at, half = batch->at + (batch->end - batch->at) / 2;
    while (middle < half) middle += entry_at(batch, middle)->d_reclen;
    if (middle >= batch->end) return;
    struct batch *rest = batch_new(batch->directory, batch->end - middle);
    memcpy(rest->entries, batch->entries + middle, rest->end);
    batch->end = middle;
    push(rest);
}

/* Copies a directory of the batch; what else the batch holds waits below what that directory holds. */
static void descend(struct batch *batch, const char *entry) {
    char name[256];
    struct directory *directory = batch->directory;
    snprintf(name, sizeof name, "%s", entry);
    directory->batches++;
    push(batch);
    copy_directory(directory->in, directory->out, name, name);
    directory_release(directory);
}

static unsigned char type_of(struct directory *directory, const struct dirent64 *entry) {
    struct stat st;
    if (entry->d_type != DT_UNKNOWN) return entry->d_type;
    if (fstatat(directory->in, entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) die(entry->d_name);
    return IFTODT(st.st_mode);
}

static void copy_batch(struct lane *lane, struct batch *batch) {
    struct directory *directory = batch->directory;
    while (batch->at < batch->end) {
        if (waiting && !top) share(batch);
        const struct dirent64 *entry = entry_at(batch, batch->at);
        const char *name = entry->d_name;
        batch->at += entry->d_reclen;
        if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
        switch (type_of(directory, entry)) {
            case DT_REG: copy_file(lane, directory, name); break;
            case DT_LNK: copy_link(directory, name); break;
            case DT_DIR: descend(batch, name); return;
            default: errno = EINVAL; die(name);
        }
    }
    directory_release(directory);
    free(batch);
}

static void *work(void *argument) {
    (void)argument;
    struct lane lane = lane_open(plan.method, plan.size);
    for (struct batch *batch; (batch = pop());) copy_batch(&lane, batch);
    lane_close(&lane);
    return NULL;
}

static void copy_tree(const char *source, const char *dest) {
    pthread_t threads[64];
    copy_directory(AT_FDCWD, AT_FDCWD, source, dest);
    for (int i = 1; i < plan.threads; i++)
        if (pthread_create(&threads[i], NULL, work, NULL)) die("pthread_create");
    work(NULL);
    for (int i = 1; i < plan.threads; i++) pthread_join(threads[i], NULL);
}

int main(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "m:b:a:j:")) != -1;) {
        switch (option) {
            case 'm': plan.method = parse_method(optarg); break;
            case 'b': plan.size = strtoul(optarg, NULL, 10); break;
            case 'a': plan.allocate_from = strtoll(optarg, NULL, 10); break;
            case 'j': plan.threads = atoi(optarg); break;
            default: return 2;
        }
    }
    if (argc - optind != 2 || plan.threads < 1 || plan.threads > 64) return 2;
    struct rlimit files = {0, 0};
    if (getrlimit(RLIMIT_NOFILE, &files)) die("getrlimit");
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    plan.mask = umask(0);
    umask(plan.mask);
    plan.uid = geteuid();
    plan.gid = getegid();
    uint64_t start = now();
    copy_tree(argv[optind], argv[optind + 1]);
    printf("%llu\n", (unsigned long long)(now() - start));
    return 0;
}
