/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs a tool on files of a test: its messages, its exit status, and its
 * memory. */
#ifndef LLN_TESTS_TOOL_H
#define LLN_TESTS_TOOL_H

#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The memory of the sanitizers hides that of a tool. */
#ifdef __SANITIZE_ADDRESS__
static const bool tool_memory_known = false;
#else
static const bool tool_memory_known = true;
#endif

typedef struct {
    int status;           /* exit status; -1: a signal ended it */
    char errors[4096];    /* its stderr, with a zero at the end */
    size_t output, bytes; /* bytes of stdout; of memory, at the peak */
} tool_run;

/* The tools are in bin/ beside the folder of this program. */
static inline void tool_path(const char *name, char path[4096])
{
    ssize_t length = readlink("/proc/self/exe", path, 4000);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    for (int i = 0; i < 2; i++)
        *strrchr(path, '/') = '\0';
    snprintf(path + strlen(path), 96, "/bin/%s", name);
}

static inline void tool_redirect(int descriptor, const char *path, int flags)
{
    int file = open(path, flags, 0600);
    if (file < 0 || dup2(file, descriptor) < 0)
        _exit(126);
}

static inline void tool_start(const char *input, const char *const *words)
{
    char path[4096];
    tool_path(words[0], path);
    tool_redirect(0, input ? input : "/dev/null", O_RDONLY);
    tool_redirect(1, ".stdout", O_WRONLY | O_CREAT | O_TRUNC);
    tool_redirect(2, ".stderr", O_WRONLY | O_CREAT | O_TRUNC);
    execv(path, (char *const *)words);
    _exit(127);
}

/* Runs words[0] with the words after it, ended by NULL, in the current folder;
 * its standard input is the file `input`, or empty. */
static inline tool_run run_tool(const char *input, const char *const *words)
{
    tool_run run = {.status = -1};
    struct rusage usage;
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        tool_start(input, words);
    ck_assert_int_eq(wait4(child, &status, 0, &usage), child);
    if (WIFEXITED(status))
        run.status = WEXITSTATUS(status);
    run.bytes = (size_t)usage.ru_maxrss * 1024;
    FILE *file = fopen(".stderr", "r");
    ck_assert_ptr_nonnull(file);
    run.errors[fread(run.errors, 1, sizeof run.errors - 1, file)] = '\0';
    fclose(file);
    file = fopen(".stdout", "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    run.output = (size_t)ftell(file);
    fclose(file);
    return run;
}

#define TOOL(...)                                                              \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

#endif
