/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lines.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
    FILE *stream; /* NULL: not open */
    int file;
    bool terminal;
    char *text; /* [room], of which `used` bytes are to be written */
    size_t used, room;
    size_t whole; /* bytes up to the last line end */
    int error;    /* of the first failure; 0: none */
    struct timespec written;
} lines;

/* The number of bytes of complete lines for the next write. */
static size_t next_part(void)
{
    if (lines.whole <= PIPE_BUF)
        return lines.whole;
    const char *end = memrchr(lines.text, '\n', PIPE_BUF);
    if (!end)
        end = memchr(lines.text, '\n', lines.whole);
    return (size_t)(end - lines.text) + 1;
}

static void write_part(size_t size)
{
    for (size_t done = 0; done < size && lines.error == 0;) {
        ssize_t count = write(lines.file, lines.text + done, size - done);
        if (count >= 0)
            done += (size_t)count;
        else if (errno != EINTR)
            lines.error = errno;
    }
    memmove(lines.text, lines.text + size, lines.used - size);
    lines.used -= size;
    lines.whole -= size;
}

/* Writes until fewer than `most` bytes of complete lines are left. */
static void write_lines(size_t most)
{
    while (lines.whole >= most && lines.whole > 0)
        write_part(next_part());
    clock_gettime(CLOCK_MONOTONIC, &lines.written);
}

static bool make_room(size_t size)
{
    size_t room = 2 * (lines.used + size);
    if (lines.used + size <= lines.room)
        return true;
    char *text = realloc(lines.text, room);
    if (!text)
        return false;
    lines.text = text;
    lines.room = room;
    return true;
}

static ssize_t take(void *cookie, const char *text, size_t size)
{
    (void)cookie;
    if (lines.error == 0 && !make_room(size))
        lines.error = ENOMEM;
    if (lines.error == 0) {
        const char *end = memrchr(text, '\n', size);
        memcpy(lines.text + lines.used, text, size);
        if (end)
            lines.whole = lines.used + (size_t)(end - text) + 1;
        lines.used += size;
        if (lines.whole >= PIPE_BUF || lines.terminal)
            write_lines(lines.terminal ? 1 : PIPE_BUF);
    }
    errno = lines.error;
    return lines.error == 0 ? (ssize_t)size : 0;
}

static int end(void *cookie)
{
    (void)cookie;
    free(lines.text);
    lines.text = NULL;
    lines.stream = NULL;
    return close(lines.file);
}

FILE *lines_open(int file)
{
    lines.file = file;
    lines.terminal = isatty(file);
    lines.stream = fopencookie(
        NULL, "w", (cookie_io_functions_t){.write = take, .close = end});
    if (lines.stream)
        setvbuf(lines.stream, NULL, _IOLBF, BUFSIZ);
    return lines.stream;
}

int lines_flush(void)
{
    if (!lines.stream)
        return lines.error;
    flockfile(lines.stream);
    fflush(lines.stream);
    write_lines(1);
    int error = lines.error;
    funlockfile(lines.stream);
    return error;
}

void lines_offer(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double waited = (double)(now.tv_sec - lines.written.tv_sec) +
                    1e-9 * (double)(now.tv_nsec - lines.written.tv_nsec);
    if (lines.stream && waited > 0.1)
        (void)lines_flush(); /* a failure is reported at the end */
}
