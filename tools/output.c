/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/threads.h"
#include "message.h"
#include "tensor/mapping.h"

static struct {
    FILE *stream;             /* NULL: standard output */
    const char *name;         /* as the user wrote it */
    char path[PATH_MAX];      /* what the temporary file will be called */
    char temporary[PATH_MAX]; /* "": none */
    volatile sig_atomic_t finishing; /* all is there but the name */
} output;

static struct timespec first_stop; /* when the first signal came */

const char *cli_output_name(void)
{
    return output.stream ? output.name : "standard output";
}

/* Safe in a signal handler. */
static void discard(void)
{
    if (output.temporary[0] != '\0')
        unlink(output.temporary);
    output.temporary[0] = '\0';
}

/* Does not discard output that is already being renamed. */
static void die(int signal_number)
{
    if (output.finishing)
        return;
    discard();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* timeout(1) sends its signal twice, to the process and to its group: what
 * follows within half a second is the same request. */
static void stop(int signal_number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!lln_stop_requested)
        first_stop = now;
    else if (1000 * (now.tv_sec - first_stop.tv_sec) +
                 (now.tv_nsec - first_stop.tv_nsec) / 1000000 >
             500)
        die(signal_number);
    lln_stop_requested = 1;
}

/* Leaves alone what the caller of the process chose to ignore (nohup, &). */
static void handle(int signal_number, void (*handler)(int))
{
    struct sigaction before, action = {.sa_handler = handler};
    if (sigaction(signal_number, NULL, &before) == 0 &&
        before.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal_number, &action, NULL);
}

void cli_catch_signals(void)
{
    handle(SIGINT, stop);
    handle(SIGTERM, stop);
}

static void remove_when_killed(void)
{
    static const int fatal[] = {SIGINT,  SIGTERM, SIGHUP, SIGQUIT,
                                SIGPIPE, SIGALRM, SIGXCPU};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        handle(fatal[i], die);
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    atexit(discard);
}

/* Permissions for the new file: those of the file it replaces, if any. */
static mode_t permissions(const struct stat *old)
{
    if (old)
        return old->st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

__attribute__((noreturn)) static void refuse(void)
{
    cli_fail("%s: %s", output.name, strerror(errno));
}

/* Opens a temporary file in the folder of output.path. */
static FILE *open_temporary(const struct stat *old)
{
    const char *slash = strrchr(output.path, '/');
    int folder = slash ? (int)(slash - output.path) + 1 : 0;
    int length = snprintf(output.temporary, sizeof output.temporary,
                          "%.*s.lln-XXXXXX", folder, output.path);
    if (length >= (int)sizeof output.temporary) {
        output.temporary[0] = '\0';
        errno = ENAMETOOLONG;
        refuse();
    }
    remove_when_killed();
    cli_call_when_leaving(discard);
    int file = mkstemp(output.temporary);
    if (file < 0) {
        output.temporary[0] = '\0';
        refuse();
    }
    FILE *stream = fdopen(file, "w");
    if (!stream || fchmod(file, permissions(old)) != 0)
        refuse();
    return stream;
}

static FILE *open_file(const char *path)
{
    struct stat old, standard;
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        refuse();
    if (exists && fstat(STDOUT_FILENO, &standard) == 0 &&
        old.st_dev == standard.st_dev && old.st_ino == standard.st_ino)
        return NULL; /* /dev/stdout by any name */
    if (exists && !S_ISREG(old.st_mode)) {
        FILE *stream = fopen(path, "w");
        if (!stream)
            refuse();
        return stream;
    }
    if (exists && (access(path, W_OK) != 0 || !realpath(path, output.path)))
        refuse();
    if (!exists && snprintf(output.path, sizeof output.path, "%s", path) >=
                       (int)sizeof output.path) {
        errno = ENAMETOOLONG;
        refuse();
    }
    return open_temporary(exists ? &old : NULL);
}

FILE *cli_output(const char *path)
{
    if (!path || strcmp(path, "-") == 0)
        return stdout;
    output.name = path;
    output.stream = open_file(path);
    return output.stream ? output.stream : stdout;
}

/* Reports why writing failed; a reader that has gone needs no words. */
static int failed(int error)
{
    output.finishing = 0;
    discard();
    if (error != EPIPE)
        cli_warn("%s: %s", cli_output_name(), strerror(error));
    return CLI_FAILED;
}

void cli_check_output(lln_status status)
{
    if (status == LLN_OK)
        return;
    if (status != LLN_EIO)
        cli_check(status);
    int error = errno;
    cli_last_words();
    cli_leave(failed(error));
}

static void refuse_input(void)
{
    cli_fail("%s: is an input; it would be overwritten", output.name);
}

void cli_refuse_overwrite(const char *input)
{
    struct stat in, out;
    if (!input || !output.stream || stat(input, &in) != 0 ||
        stat(output.name, &out) != 0 || !S_ISREG(out.st_mode))
        return;
    if (in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        refuse_input();
}

void cli_refuse_mapped(void)
{
    if (output.stream && lln_mappings_include(output.name))
        refuse_input();
}

void cli_discard(void)
{
    discard();
}

int cli_finish(void)
{
    FILE *stream = output.stream ? output.stream : stdout;
    bool bad = ferror(stream) != 0;
    output.finishing = output.temporary[0] != '\0';
    errno = bad ? EIO : 0; /* the reason of an earlier failure is lost */
    if (fflush(stream) != 0 || bad)
        return failed(errno);
    if (fclose(stream) != 0)
        return failed(errno);
    if (output.temporary[0] == '\0')
        return CLI_DONE;
    if (rename(output.temporary, output.path) != 0)
        return failed(errno);
    output.temporary[0] = '\0';
    output.finishing = 0;
    return CLI_DONE;
}
