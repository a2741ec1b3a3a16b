/* What both floors share: the ways to move the bytes of one open file to another. */
#ifndef PALFS_FLOOR_DATA_H
#define PALFS_FLOOR_DATA_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* One call moves at most this much in palfs, so that a cancel is seen; the floor works under the same rule. */
#define CALL_LIMIT ((size_t)16 << 20)

/* As the end of a range: until a call says that there is no more. */
#define TO_THE_END ((off_t)INT64_MAX)

enum method { CLONE, CFR, SENDFILE, SPLICE, RW };
static const char *const METHOD_NAMES[] = {"clone", "cfr", "sendfile", "splice", "rw"};

static void die(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static enum method parse_method(const char *name) {
    for (int i = 0; i < 5; i++)
        if (!strcmp(name, METHOD_NAMES[i])) return (enum method)i;
    fprintf(stderr, "floor: no method '%s'\n", name);
    exit(2);
}

/* What a thread needs once, however many files it copies. */
struct lane {
    enum method method;
    size_t size; /* of the buffer or of the pipe */
    char *buffer;
    int pipe[2];
};

static struct lane lane_open(enum method method, size_t size) {
    struct lane lane = {method, size, NULL, {-1, -1}};
    if (method == RW && posix_memalign((void **)&lane.buffer, 4096, size)) die("buffer");
    if (method == SPLICE) {
        if (pipe2(lane.pipe, O_CLOEXEC)) die("pipe2");
        if (fcntl(lane.pipe[1], F_SETPIPE_SZ, (int)size) < 0) die("F_SETPIPE_SZ");
    }
    return lane;
}

static void lane_close(struct lane *lane) {
    free(lane->buffer);
    if (lane->pipe[0] >= 0) close(lane->pipe[0]);
    if (lane->pipe[1] >= 0) close(lane->pipe[1]);
}

static ssize_t step_splice(struct lane *lane, int in, off_t *from, int out, off_t *to, size_t want) {
    ssize_t n = splice(in, from, lane->pipe[1], NULL, want < lane->size ? want : lane->size, SPLICE_F_MOVE);
    for (ssize_t left = n; left > 0;) {
        ssize_t m = splice(lane->pipe[0], NULL, out, to, (size_t)left, SPLICE_F_MOVE);
        if (m <= 0) return -1;
        left -= m;
    }
    return n;
}

static ssize_t step_rw(struct lane *lane, int in, off_t *from, int out, off_t *to, size_t want) {
    ssize_t n = pread(in, lane->buffer, want < lane->size ? want : lane->size, *from);
    for (ssize_t done = 0; done < n;) {
        ssize_t m = pwrite(out, lane->buffer + done, (size_t)(n - done), *to);
        if (m < 0) return -1;
        done += m;
        *to += m;
    }
    if (n > 0) *from += n;
    return n;
}

/* Moves the bytes [at, end), or fewer where the file ends before; the same offset on both sides. */
static void move_range(struct lane *lane, int in, int out, off_t at, off_t end) {
    off_t from = at, to = at;
    if (lane->method == SENDFILE && at && lseek(out, at, SEEK_SET) < 0) die("lseek");
    while (from < end) {
        size_t want = end - from < (off_t)CALL_LIMIT ? (size_t)(end - from) : CALL_LIMIT;
        ssize_t n;
        switch (lane->method) {
            case CFR: n = copy_file_range(in, &from, out, &to, want, 0); break;
            case SENDFILE: n = sendfile(out, in, &from, want); break;
            case SPLICE: n = step_splice(lane, in, &from, out, &to, want); break;
            default: n = step_rw(lane, in, &from, out, &to, want); break;
        }
        if (n < 0) die(METHOD_NAMES[lane->method]);
        if (n == 0) break;
    }
}

#endif
