/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: seconds of each work beside the limit, the matrix products of
 * the same tiles, and beside numpy, scipy and torch where they are installed.
 * All in one run: work and limit are timed in turn and their medians
 * compared, because the machine may be busy. A csv table on stdout. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/gaussian.h"
#include "kernel/kernel.h"
#include "measure/entropy.h"
#include "measure/lognormal.h"
#include "measure/spectrum.h"

enum { REPEATS = 5, DIM = 64 };
static const char *bin, *scratch, *peers;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t count)
{
    qsort(x, count, sizeof *x, ascending);
    return count % 2 ? x[count / 2] : (x[count / 2 - 1] + x[count / 2]) / 2;
}

static void must(lln_status status)
{
    if (status != LLN_OK) {
        fprintf(stderr, "bench: %s\n", lln_error_message());
        exit(1);
    }
}

static lln_head draw(size_t n, bool causal)
{
    lln_gaussian model = {n, DIM, 1, 1, 1, 1, {causal, 0}, NAN, false};
    lln_heads heads = {0};
    lln_head head = {0};
    must(lln_gaussian_open(&model, &heads));
    must(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head));
    lln_heads_close(&heads);
    return head;
}

/* The limit: all tiles of an n x n matrix, products alone. */
static void tiles(const lln_head *head)
{
    const float *q = head->q.data, *k = head->k.data;
    size_t n = head->q.rows;
#pragma omp parallel
    {
        float *out = lln_array_alloc(LLN_TILE_ROWS * LLN_TILE_KEYS, 4);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < n; i += LLN_TILE_ROWS)
            for (size_t j = 0; j < n; j += LLN_TILE_KEYS) {
                size_t rows = n - i < LLN_TILE_ROWS ? n - i : LLN_TILE_ROWS;
                size_t keys = n - j < LLN_TILE_KEYS ? n - j : LLN_TILE_KEYS;
                cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
                            (int)keys, DIM, 0.125f, q + i * DIM, DIM,
                            k + j * DIM, DIM, 0, out, (int)keys);
            }
        free(out);
    }
}

typedef void work(const lln_head *head, lln_attention *attention);

static void entropy(const lln_head *head, lln_attention *attention)
{
    lln_entropy out;
    (void)head;
    must(lln_entropy_measure(attention, NULL, 0, &out, NULL));
}

static void stats(const lln_head *head, lln_attention *attention)
{
    lln_lognormal out;
    (void)head;
    must(lln_lognormal_measure(attention, NULL, 0, &out, NULL));
}

static double lambda2; /* of the last spectrum */

static void spectrum(const lln_head *head, lln_attention *attention)
{
    lln_spectrum out;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 2, false, 0};
    (void)head;
    must(lln_spectrum_measure(attention, &options, &out));
    lambda2 = out.lambda2;
    lln_spectrum_free(&out);
}

static void print_row(const char *name, size_t n, double seconds, double limit,
                      const char *peer, double peer_seconds, double peak)
{
    printf("%s,%zu,%d,%d,%.4g,%.4g,%.3g,%s,%.4g,%.3g,%.0f\n", name, n, DIM,
           lln_threads_count(), seconds, limit, seconds / limit, peer,
           peer_seconds, peer_seconds / seconds, peak);
    fflush(stdout);
}

/* Median seconds of `run` on the head, opening the kernel included, and of
 * the tiles, taken in turn. */
static void time_work(const char *kernel, work *run, const lln_head *head,
                      bool with_limit, double *seconds, double *limit)
{
    double own[REPEATS], products[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        double start = now();
        if (with_limit)
            tiles(head);
        products[i] = with_limit ? now() - start : NAN;
        lln_kernel_choice choice;
        lln_attention attention;
        start = now();
        must(lln_kernel_parse(kernel, &choice));
        must(lln_kernel_open(&choice, head, &attention));
        run(head, &attention);
        lln_attention_close(&attention);
        own[i] = now() - start;
    }
    *seconds = median(own, REPEATS);
    *limit = with_limit ? median(products, REPEATS) : NAN;
}

/* A command; its seconds, and in `printed` the two numbers it prints first.
 * Peak memory in MiB. NaN if it fails (a library that is not installed). */
static double run_command(char *const *arguments, double printed[2],
                          double *peak)
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
    close(out[0]);
    int status = 1;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    char *rest = text;
    printed[0] = status == 0 ? strtod(text, &rest) : NAN;
    printed[1] = status == 0 ? strtod(rest, NULL) : NAN;
    if (peak)
        *peak = (double)usage.ru_maxrss / 1024;
    return status == 0 ? now() - start : NAN;
}

/* Writes a float32 .npy of version 1. */
static void write_npy(const char *path, lln_matrix a)
{
    char header[128];
    FILE *out = fopen(path, "wb");
    if (!out)
        must(lln_fail(LLN_EIO, "%s: cannot be written", path));
    int length = snprintf(header, sizeof header,
                          "\x93NUMPY\x01%cv%c{'descr': '<f4', "
                          "'fortran_order': False, 'shape': (%zu, %zu), }",
                          0, 0, a.rows, a.columns);
    memset(header + length, ' ', sizeof header - (size_t)length);
    memcpy(header + 6, "\x01\x00\x76\x00", 4); /* 118 = 128 - 10 */
    header[127] = '\n';
    size_t count = a.rows * a.columns;
    if (fwrite(header, 128, 1, out) != 1 ||
        fwrite(a.data, 4, count, out) != count || fclose(out) != 0)
        must(lln_fail(LLN_EIO, "%s: cannot be written", path));
}

static char q_path[4096], k_path[4096];

static void write_head(const lln_head *head)
{
    snprintf(q_path, sizeof q_path, "%s/q.npy", scratch);
    snprintf(k_path, sizeof k_path, "%s/k.npy", scratch);
    write_npy(q_path, head->q);
    write_npy(k_path, head->k);
}

/* Warmed seconds of a peer on the arrays that were written; `whole` gets
 * those of its process. */
static double time_peer(const char *name, const char *alpha, double *whole)
{
    char *arguments[] = {(char *)"/usr/bin/python3",
                         (char *)peers,
                         (char *)name,
                         q_path,
                         k_path,
                         (char *)alpha,
                         (char *)alpha,
                         NULL};
    double printed[2], process = run_command(arguments, printed, NULL);
    if (whole)
        *whole = process;
    if (!isnan(printed[1]))
        fprintf(stderr, "bench: %s finds %.9g\n", name, printed[1]);
    return printed[0];
}

/* The whole process on files, and with peers the ratio of processes. */
static void bench_process(const char *name, const char *tool, size_t n,
                          const char *peer, double peer_seconds,
                          const char *const *more)
{
    char path[4096], *arguments[16];
    double seconds[REPEATS], peak = NAN, printed[2];
    size_t count = 0, repeats = n > 100000 ? 1 : REPEATS;
    snprintf(path, sizeof path, "%s/%s", bin, tool);
    arguments[count++] = path;
    while (*more)
        arguments[count++] = (char *)*more++;
    arguments[count] = NULL;
    for (size_t i = 0; i < repeats; i++)
        seconds[i] = run_command(arguments, printed, &peak);
    print_row(name, n, median(seconds, repeats), NAN, peer, peer_seconds, peak);
}

#define ARGUMENTS(...)                                                         \
    (const char *const[])                                                      \
    {                                                                          \
        __VA_ARGS__, NULL                                                      \
    }

static void bench_tiles_work(size_t n, bool with_peers)
{
    static const struct {
        const char *name, *kernel;
        work *run;
        const char *peer;
    } works[] = {
        {"entropy softmax", "softmax", entropy, "numpy_entropy"},
        {"entropy softmax", "softmax", entropy, "torch_entropy"},
        {"entropy lln", "lln:alpha=2.2:beta=2.2", entropy, NULL},
        {"stats softmax", "softmax", stats, "scipy_stats"},
        {"stats lln", "lln:alpha=2.2:beta=2.2", stats, NULL},
    };
    lln_head head = draw(n, false);
    double seconds, limit, whole = NAN;
    if (with_peers)
        write_head(&head);
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        bool peer = with_peers && works[i].peer;
        if (!peer && i == 1)
            continue;
        time_work(works[i].kernel, works[i].run, &head, true, &seconds, &limit);
        double peer_seconds =
            peer ? time_peer(works[i].peer, NULL, i == 0 ? &whole : NULL) : NAN;
        print_row(works[i].name, n, seconds, limit, peer ? works[i].peer : "",
                  peer_seconds, NAN);
    }
    head.mask.causal = true;
    time_work("softmax", entropy, &head, true, &seconds, &limit);
    print_row("entropy softmax causal", n, seconds, limit, "", NAN, NAN);
    if (with_peers)
        bench_process(
            "lln-entropy on files", "lln-entropy", n, "numpy process", whole,
            ARGUMENTS("--kernel", "softmax", "--q", q_path, "--k", k_path));
    lln_head_free(&head);
}

static void bench_spectra(void)
{
    double seconds, limit;
    lln_head head = draw(8192, false);
    write_head(&head);
    time_work("softmax", spectrum, &head, false, &seconds, &limit);
    print_row("lambda2 softmax", 8192, seconds, NAN, "scipy_eigs_softmax",
              time_peer("scipy_eigs_softmax", NULL, NULL), NAN);
    fprintf(stderr, "bench: |lambda2| of softmax, n = 8192: %.9g\n", lambda2);
    lln_head_free(&head);
    double draws[2];
    for (int i = 0; i < 2; i++) {
        double start = now();
        lln_head_free(&head);
        head = draw(1000000, false);
        draws[i] = now() - start;
    }
    print_row("sampler", 1000000, draws[1], NAN, "", NAN, NAN);
    write_head(&head);
    time_work("lln:alpha=2.2:beta=2.2", spectrum, &head, false, &seconds,
              &limit);
    print_row("lambda2 lln", 1000000, seconds, NAN, "scipy_eigs_lln",
              time_peer("scipy_eigs_lln", "2.2", NULL), NAN);
    fprintf(stderr, "bench: |lambda2| of lln, n = 10^6: %.9g\n", lambda2);
    lln_head_free(&head);
}

static void bench_commands(void)
{
    bench_process(
        "lln-entropy -n 131072", "lln-entropy", 131072, "", NAN,
        ARGUMENTS("-n", "131072", "--trials", "1", "--kernel", "softmax"));
    bench_process("lln-entropy --rows 256", "lln-entropy", 1000000, "", NAN,
                  ARGUMENTS("-n", "1000000", "--trials", "1", "--rows", "256"));
    bench_process("lln-entropy --tau 1", "lln-entropy", 1024, "", NAN,
                  ARGUMENTS("--tau", "1"));
    bench_process("lln-stats --tau 1", "lln-stats", 1024, "", NAN,
                  ARGUMENTS("--tau", "1"));
    bench_process("lln-spectral --tau 1", "lln-spectral", 1024, "", NAN,
                  ARGUMENTS("--tau", "1"));
    bench_process("lln-match --tau 1", "lln-match", 1024, "", NAN,
                  ARGUMENTS("--tau", "1"));
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1024, 2048, 4096, 8192, 16384, 32768};
    if (argc != 4) {
        fprintf(stderr, "usage: bench BIN SCRATCH PEERS\n");
        return 2;
    }
    bin = argv[1];
    scratch = argv[2];
    peers = argv[3];
    puts("work,n,d,threads,seconds,tiles_seconds,ratio_to_tiles,peer,"
         "peer_seconds,peer_ratio,peak_mib");
    for (int threads = 2; threads >= 1; threads--) {
        lln_threads_set(threads);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            if (threads == 2 || sizes[i] == 8192)
                bench_tiles_work(sizes[i], threads == 2 && sizes[i] == 8192);
    }
    lln_threads_set(2);
    bench_spectra();
    bench_commands();
    return 0;
}
