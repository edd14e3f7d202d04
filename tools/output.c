/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "message.h"
#include "signals.h"
#include "temporary.h"
#include "tensor/mapping.h"

static struct {
    FILE *stream;           /* NULL: stdout itself */
    const char *name;       /* as the user wrote it; NULL: standard output */
    char path[PATH_MAX];    /* final name of the file; "": not a regular file */
    char partial[PATH_MAX]; /* name of the file if the command is interrupted */
    bool replaces_partial, is_terminal;
} output;

const char *cli_output_name(void)
{
    return output.name ? output.name : "standard output";
}

const char *cli_partial_name(void)
{
    return output.path[0] != '\0' ? output.partial : NULL;
}

bool cli_output_is_terminal(void)
{
    return output.is_terminal;
}

void cli_replaces_partial(void)
{
    output.replaces_partial = true;
}

__attribute__((noreturn)) static void refuse(void)
{
    cli_fail("%s: %s", output.name, strerror(errno));
}

/* Names the folder in which no file can be created. */
__attribute__((noreturn)) static void refuse_folder(void)
{
    int error = errno, length = temporary_folder(output.path);
    if (error != EACCES && error != EPERM && error != EROFS)
        refuse();
    cli_fail("%s: cannot create a file in folder '%.*s': %s; make the folder "
             "writable, as -o creates a new file there, or use > %s",
             output.name, length > 0 ? length : 1,
             length > 0 ? output.path : ".", strerror(error), output.name);
}

/* In a sticky folder such as /tmp, only the owner of a file may replace it. */
static void check_sticky(const struct stat *old)
{
    char path[PATH_MAX];
    struct stat folder;
    int length = temporary_folder(output.path);
    snprintf(path, sizeof path, "%.*s", length, output.path);
    if (stat(length > 0 ? path : ".", &folder) == 0 &&
        (folder.st_mode & S_ISVTX) && geteuid() != 0 &&
        old->st_uid != geteuid() && folder.st_uid != geteuid()) {
        errno = EPERM;
        refuse_folder();
    }
}

/* Opens a temporary file in the folder of output.path. */
static FILE *open_temporary(const struct stat *old)
{
    if (snprintf(output.partial, sizeof output.partial, "%s.partial",
                 output.path) >= (int)sizeof output.partial) {
        errno = ENAMETOOLONG;
        refuse();
    }
    if (old)
        check_sticky(old);
    int file = temporary_open(TEMPORARY_OUTPUT, output.path,
                              temporary_permissions(old));
    if (file < 0)
        refuse_folder();
    signal(SIGXFSZ, SIG_IGN); /* the write fails instead */
    FILE *stream = fdopen(file, "w");
    if (!stream)
        refuse();
    return stream;
}

static FILE *open_lines(int file)
{
    FILE *stream = lines_open(file);
    output.is_terminal = isatty(file);
    if (!stream)
        cli_fail("out of memory");
    return stream;
}

/* Opens an existing device, pipe or removed file to write to it directly. */
static FILE *open_in_place(const char *path, bool table)
{
    FILE *stream = fopen(path, "w");
    if (!stream)
        refuse();
    return table ? open_lines(fileno(stream)) : stream;
}

/* Opens the output file; NULL: it is standard output under another name. A
 * removed file that is still open has a name only in /proc. */
static FILE *open_file(const char *path, bool table)
{
    struct stat old, other;
    bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        refuse();
    if (exists && fstat(STDOUT_FILENO, &other) == 0 &&
        lln_mapping_same_file(&old, &other))
        return NULL;
    if (exists && !S_ISREG(old.st_mode))
        return open_in_place(path, table);
    if ((exists && access(path, W_OK) != 0) ||
        temporary_resolve(path, output.path) < 0)
        refuse();
    if (exists && (stat(output.path, &other) != 0 ||
                   !lln_mapping_same_file(&old, &other))) {
        output.path[0] = '\0';
        return open_in_place(path, table);
    }
    return open_temporary(exists ? &old : NULL);
}

/* Called before the process ends early. */
static void leave_output(void)
{
    temporary_discard();
    (void)lines_flush();
}

static FILE *open_output(const char *path, bool table)
{
    cli_call_when_leaving(leave_output);
    if (path && strcmp(path, "-") != 0) {
        output.name = path;
        output.stream = open_file(path, table);
    }
    if (output.stream)
        return output.stream;
    output.name = NULL;
    if (table)
        output.stream = open_lines(STDOUT_FILENO);
    return table ? output.stream : stdout;
}

FILE *cli_output(const char *path)
{
    return open_output(path, false);
}

FILE *cli_output_table(const char *path)
{
    return open_output(path, true);
}

/* Reports why a file cannot be written; silent if the reader of a pipe has
 * closed it. */
static int failed(const char *name, int error)
{
    temporary_discard();
    if (error != EPIPE)
        cli_warn("%s: %s", name, strerror(error));
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
    cli_leave(failed(cli_output_name(), error));
}

static void refuse_input(const char *name)
{
    cli_fail("%s: the output would overwrite this input; use another name",
             name);
}

void cli_refuse_overwrite(const char *input)
{
    struct stat in, out;
    const char *const names[] = {output.name, cli_partial_name()};
    for (size_t i = 0; input && i < 2; i++)
        if (names[i] && stat(input, &in) == 0 && stat(names[i], &out) == 0 &&
            S_ISREG(out.st_mode) && lln_mapping_same_file(&in, &out))
            refuse_input(names[i]);
}

void cli_refuse_mapped(void)
{
    const char *const names[] = {output.name, cli_partial_name()};
    for (size_t i = 0; i < 2; i++)
        if (names[i] && lln_mappings_include(names[i]))
            refuse_input(names[i]);
}

/* Ends the stream; returns the errno of a failure, or 0. */
static int end_stream(void)
{
    FILE *stream = output.stream ? output.stream : stdout;
    bool bad = ferror(stream) != 0;
    errno = bad ? EIO : 0; /* the errno of an earlier failure is not known */
    bool flushed = fflush(stream) == 0 && !bad;
    int error = flushed ? 0 : errno, lost = lines_flush();
    if (fclose(stream) != 0 && error == 0)
        error = errno;
    return lost ? lost : error;
}

/* Ends the output and gives a file the name `path`. */
static int end_output(const char *path)
{
    int error = end_stream();
    if (error != 0)
        return failed(cli_output_name(), error);
    if (*path != '\0' && temporary_publish(TEMPORARY_OUTPUT, path) != 0)
        return failed(path, errno);
    return CLI_DONE;
}

bool cli_finish_early(void)
{
    return end_output(output.partial) == CLI_DONE;
}

int cli_finish(void)
{
    signals_catch();
    int status = end_output(output.path);
    if (status == CLI_DONE && output.replaces_partial)
        unlink(output.partial);
    signals_release();
    return status;
}
