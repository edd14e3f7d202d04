/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: seconds of each work beside the limit, the matrix products of
 * the same tiles, and beside numpy, scipy and torch where they are installed.
 * All in one run: work and limit are timed in turn and their medians
 * compared, because the machine may be busy. A csv table on stdout. */
#include <cblas.h>

#include "commands.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/kernel.h"
#include "measure/entropy.h"
#include "measure/lognormal.h"
#include "measure/spectrum.h"

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

/* The whole process on files, and with peers the ratio of processes. */
static void bench_process(const char *name, const char *tool, size_t n,
                          const char *peer, double peer_seconds,
                          const char *const *more)
{
    double peak;
    double seconds = time_tool(tool, more, n > 100000 ? 1 : REPEATS, &peak);
    print_row(name, n, seconds, NAN, peer, peer_seconds, peak);
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
        peer_cost cost = {NAN, NAN, NAN};
        if (peer)
            cost = time_peer(works[i].peer, NULL);
        if (i == 0)
            whole = cost.process;
        print_row(works[i].name, n, seconds, limit, peer ? works[i].peer : "",
                  cost.seconds, NAN);
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
              time_peer("scipy_eigs_softmax", NULL).seconds, NAN);
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
              time_peer("scipy_eigs_lln", "2.2").seconds, NAN);
    fprintf(stderr, "bench: |lambda2| of lln, n = 10^6: %.9g\n", lambda2);
    lln_head_free(&head);
    head = draw(100000, false);
    time_work("lln+diag:alpha=2.2:beta=2.2", spectrum, &head, false, &seconds,
              &limit);
    print_row("lambda2 lln+diag", 100000, seconds, NAN, "", NAN, NAN);
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
    read_arguments(argc, argv);
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
