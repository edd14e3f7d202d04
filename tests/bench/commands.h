/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whole processes and their time and memory: the tools, and programs that do
 * the same in numpy, scipy or torch (peers.py). */
#ifndef LLN_TESTS_BENCH_COMMANDS_H
#define LLN_TESTS_BENCH_COMMANDS_H

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

enum { COMMAND_WORDS = 28, COMMAND_NUMBERS = 2, COMMAND_PATH = 4096 };

/* Where the tools, the arrays and peers.py are. */
static const char *bin, *scratch, *peers;

/* Processor seconds of the last command. On a busy machine they are better to
 * compare. */
static double command_cpu;

/* A command; its seconds, and in `printed` the numbers it prints first. Peak
 * memory in MiB. NaN if it fails (a library that is not installed). */
static inline double run_command(char *const *arguments,
                                 double printed[COMMAND_NUMBERS], double *peak)
{
    int out[2];
    if (pipe(out) != 0)
        return NAN;
    double start = now();
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    close(out[1]);
    char text[4096] = "";
    size_t used = 0;
    ssize_t got;
    while ((got = read(out[0], text + used, sizeof text - 1 - used)) > 0 &&
           used + 1 < sizeof text)
        used += (size_t)got;
    char more[4096]; /* a command ends if nobody reads what it prints */
    while (read(out[0], more, sizeof more) > 0)
        continue;
    close(out[0]);
    int status = 1;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    char *rest = text;
    for (int i = 0; i < COMMAND_NUMBERS; i++)
        printed[i] = status == 0 ? strtod(rest, &rest) : NAN;
    if (peak)
        *peak = (double)usage.ru_maxrss / 1024;
    command_cpu =
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
        1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    return status == 0 ? now() - start : NAN;
}

/* The words of a command line after the name of the tool. */
#define ARGUMENTS(...)                                                         \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

/* Median seconds of a tool, and its peak memory in MiB. */
static inline double time_tool(const char *tool, const char *const *more,
                               size_t repeats, double *peak)
{
    char path[COMMAND_PATH], *arguments[COMMAND_WORDS];
    double seconds[REPEATS], printed[COMMAND_NUMBERS];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", bin, tool);
    arguments[count++] = path;
    while (*more)
        arguments[count++] = (char *)*more++;
    arguments[count] = NULL;
    for (size_t i = 0; i < repeats; i++)
        seconds[i] = run_command(arguments, printed, peak);
    return median(seconds, repeats);
}

/* Begins a float32 .npy of version 1: [heads x rows x columns], or a matrix if
 * there is one head. */
static inline FILE *begin_npy(const char *path, size_t heads, size_t rows,
                              size_t columns)
{
    char header[128], first[24] = "";
    FILE *out = fopen(path, "wb");
    if (!out)
        must(lln_fail(LLN_EIO, "%s: cannot be written", path));
    if (heads > 1)
        snprintf(first, sizeof first, "%zu, ", heads);
    int length = snprintf(header, sizeof header,
                          "\x93NUMPY\x01%cv%c{'descr': '<f4', "
                          "'fortran_order': False, 'shape': (%s%zu, %zu), }",
                          0, 0, first, rows, columns);
    memset(header + length, ' ', sizeof header - (size_t)length);
    memcpy(header + 6, "\x01\x00\x76\x00", 4); /* 118 = 128 - 10 */
    header[127] = '\n';
    if (fwrite(header, 128, 1, out) != 1)
        must(lln_fail(LLN_EIO, "%s: cannot be written", path));
    return out;
}

static inline void append_npy(FILE *out, lln_matrix a)
{
    size_t count = a.rows * a.columns;
    if (fwrite(a.data, 4, count, out) != count)
        must(lln_fail(LLN_EIO, "an array cannot be written"));
}

static inline void end_npy(FILE *out)
{
    if (fclose(out) != 0)
        must(lln_fail(LLN_EIO, "an array cannot be written"));
}

static inline void write_npy(const char *path, lln_matrix a)
{
    FILE *out = begin_npy(path, 1, a.rows, a.columns);
    append_npy(out, a);
    end_npy(out);
}

static char q_path[COMMAND_PATH], k_path[COMMAND_PATH], v_path[COMMAND_PATH];

/* Writes q.npy, k.npy and, if there are values, v.npy to the scratch folder,
 * for the tools and the peers. */
static inline void write_head(const lln_head *head)
{
    write_npy(q_path, head->q);
    write_npy(k_path, head->k);
    if (head->v.data)
        write_npy(v_path, head->v);
}

/* What a peer takes on the arrays that were written: its warmed seconds, those
 * of its whole process, and the peak memory of that in MiB. NaN: it failed. */
typedef struct {
    double seconds, process, peak;
} peer_cost;

static inline peer_cost time_peer(const char *name, const char *alpha)
{
    char *arguments[] = {(char *)"/usr/bin/python3",
                         (char *)peers,
                         (char *)name,
                         (char *)scratch,
                         (char *)alpha,
                         (char *)alpha,
                         NULL};
    double printed[COMMAND_NUMBERS];
    peer_cost cost = {.peak = NAN};
    cost.process = run_command(arguments, printed, &cost.peak);
    cost.seconds = printed[0];
    if (!isnan(printed[1]))
        fprintf(stderr, "bench: %s finds %.9g\n", name, printed[1]);
    if (isnan(cost.process))
        cost.peak = NAN;
    return cost;
}

/* Reads the command line of a benchmark: BIN SCRATCH PEERS. */
static inline void read_arguments(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: %s BIN SCRATCH PEERS\n", argv[0]);
        exit(2);
    }
    bin = argv[1];
    scratch = argv[2];
    peers = argv[3];
    snprintf(q_path, sizeof q_path, "%s/q.npy", scratch);
    snprintf(k_path, sizeof k_path, "%s/k.npy", scratch);
    snprintf(v_path, sizeof v_path, "%s/v.npy", scratch);
}

#endif
