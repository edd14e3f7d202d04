/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: seconds of each task beside the limit, which is the matrix
 * products of the same tiles, and beside numpy, scipy and torch where they are
 * installed. Task and limit are timed in turn in one run, and their medians are
 * compared, because the machine may be busy. Peak memory is that of a process
 * that samples the head and does the task. Prints a csv table on stdout. */
#include <cblas.h>

#include "commands.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/table/table.h"
#include "kernel/tiles.h"
#include "measure/bootstrap.h"
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

/* Returns the value that peers find too; NaN: there is none. */
typedef double work(lln_attention *attention);

/* Bytes that P may take; 0: the default. */
static size_t allowed;

static double entropy(lln_attention *attention)
{
    lln_entropy out;
    must(lln_entropy_measure(attention, NULL, 0, &out, NULL));
    return out.entropy;
}

static double stats(lln_attention *attention)
{
    lln_lognormal out;
    must(lln_lognormal_measure(attention, NULL, 0, &out, NULL));
    return NAN;
}

static double spectrum(lln_attention *attention)
{
    lln_spectrum out;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 2, false, allowed,
                                    false};
    must(lln_spectrum_measure(attention, &options, &out));
    double lambda2 = out.lambda2;
    lln_spectrum_free(&out);
    return lambda2;
}

/* About the values that matching gives at temperature 1. */
#define SIDES "alpha=2.2:beta=2.2"
#define MATCHED "lln:" SIDES

/* A task, the other programs that do it, and whether the limit is timed beside
 * it. */
typedef struct {
    const char *name, *kernel;
    work *run; /* NULL: the sampling itself */
    bool causal, limit;
    const char *peer, *alpha; /* NULL: none */
    bool again;               /* timed only because of the peer */
    size_t memory;            /* allowed for P; 0: the default */
} work_kind;

typedef struct {
    double seconds, limit, value;
    double peak; /* MiB */
} figures;

/* Medians of opening the kernel and doing the task, and of the tiles, taken in
 * turn. */
static figures time_work(const work_kind *kind, const lln_head *head)
{
    double own[MOST_REPEATS], products[MOST_REPEATS];
    figures f;
    size_t runs = 0;
    allowed = kind->memory;
    do {
        double start = now();
        if (kind->limit)
            tiles(head);
        products[runs] = now() - start;
        lln_kernel_choice choice;
        lln_attention attention;
        start = now();
        must(lln_kernel_parse(kind->kernel, &choice));
        must(lln_kernel_open(&choice, head, &attention));
        f.value = kind->run(&attention);
        lln_attention_close(&attention);
        own[runs++] = now() - start;
    } while (again(own, runs));
    f.seconds = median(own, runs);
    f.limit = kind->limit ? median(products, runs) : NAN;
    return f;
}

/* The first draw is a warm-up if the task is drawing. */
static figures time_head(const work_kind *kind, size_t n)
{
    lln_head head = draw(n, 0, false);
    if (!kind->run) {
        lln_head_free(&head);
        double start = now();
        head = draw(n, 0, false);
        return (figures){now() - start, NAN, NAN, NAN};
    }
    if (kind->peer)
        write_head(&head);
    head.rule.mask.causal = kind->causal;
    return time_work(kind, &head);
}

/* In a process of its own: a child of this one, which stays small. */
static figures time_apart(const work_kind *kind, size_t n, int threads)
{
    int ends[2], status = 1;
    struct rusage usage;
    figures f;
    if (pipe(ends) != 0)
        must(lln_fail(LLN_EIO, "no pipe"));
    pid_t child = fork();
    if (child == 0) {
        lln_threads_set(threads);
        f = time_head(kind, n);
        _exit(write(ends[1], &f, sizeof f) == sizeof f ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &f, sizeof f);
    close(ends[0]);
    if (wait4(child, &status, 0, &usage) != child || status != 0 ||
        got != sizeof f)
        must(lln_fail(LLN_EIO, "%s, n = %zu: no values", kind->name, n));
    f.peak = (double)usage.ru_maxrss / 1024;
    return f;
}

static void print_row(const char *name, size_t n, int threads, figures f,
                      const char *peer, double peer_seconds)
{
    printf("%s,%zu,%d,%d,%.4g,%.4g,%.3g,%s,%.4g,%.3g,%.0f\n", name, n, DIM,
           threads, f.seconds, f.limit, f.seconds / f.limit, peer ? peer : "",
           peer_seconds, peer_seconds / f.seconds, f.peak);
    fflush(stdout);
}

/* Returns the seconds of the complete process of the peer. */
static double bench_work(const work_kind *kind, size_t n, int threads)
{
    peer_cost cost = {NAN, NAN, NAN};
    figures f = time_apart(kind, n, threads);
    if (kind->peer)
        cost = time_peer(kind->peer, kind->alpha);
    if (!isnan(f.value))
        fprintf(stderr, "bench: %s, n = %zu: %.9g\n", kind->name, n, f.value);
    print_row(kind->name, n, threads, f, kind->peer, cost.seconds);
    return cost.process;
}

/* The complete process on files, and with peers the ratio of processes. */
static void bench_process(const char *name, const char *tool, size_t n,
                          const char *peer, double peer_seconds,
                          const char *const *more)
{
    figures f = {NAN, NAN, NAN, NAN};
    f.seconds = time_tool(tool, more, n > 100000 ? 1 : REPEATS, &f.peak);
    print_row(name, n, 2, f, peer, peer_seconds);
}

static void bench_tiles_work(size_t n, int threads, bool with_peers)
{
    static const work_kind kinds[] = {
        {.name = "entropy softmax",
         .kernel = "softmax",
         .run = entropy,
         .peer = "numpy_entropy"},
        {.name = "entropy softmax",
         .kernel = "softmax",
         .run = entropy,
         .peer = "torch_entropy",
         .again = true},
        {.name = "entropy lln", .kernel = MATCHED, .run = entropy},
        {.name = "stats softmax",
         .kernel = "softmax",
         .run = stats,
         .peer = "scipy_stats"},
        {.name = "stats lln", .kernel = MATCHED, .run = stats},
        {.name = "entropy softmax causal",
         .kernel = "softmax",
         .run = entropy,
         .causal = true},
    };
    double numpy = NAN;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        work_kind kind = kinds[i];
        kind.limit = true;
        if (!with_peers)
            kind.peer = NULL;
        if (kind.again && !with_peers)
            continue;
        double process = bench_work(&kind, n, threads);
        numpy = i == 0 ? process : numpy;
    }
    if (with_peers) /* on the arrays that were written for the peers */
        bench_process(
            "lln-entropy on files", "lln-entropy", n, "numpy process", numpy,
            ARGUMENTS("--kernel", "softmax", "--q", q_path, "--k", k_path));
}

static void bench_spectra(void)
{
    const work_kind softmax = {"lambda2 softmax", "softmax", .run = spectrum};
    const work_kind unstored = {"lambda2 softmax, P not stored", "softmax",
                                .run = spectrum, .memory = 1};
    const work_kind lln = {"lambda2 lln", MATCHED, .run = spectrum};
    const work_kind diag = {"lambda2 lln+diag", "lln+diag:" SIDES,
                            .run = spectrum};
    const work_kind sampler = {.name = "sampler"};
    work_kind with_peer = softmax;
    with_peer.peer = "scipy_eigs_softmax_float64";
    bench_work(&softmax, 2048, 2);
    bench_work(&with_peer, 8192, 2);
    with_peer.peer = "scipy_eigs_softmax_float32";
    bench_work(&with_peer, 8192, 2);
    bench_work(&softmax, 32768, 2);
    if (getenv("LLN_BENCH_LONG"))
        bench_work(&unstored, 32768, 2);
    bench_work(&sampler, 1000000, 2);
    with_peer = lln;
    with_peer.peer = "scipy_eigs_lln";
    with_peer.alpha = "2.2";
    bench_work(&lln, 10000, 2);
    bench_work(&lln, 100000, 2);
    bench_work(&with_peer, 1000000, 2);
    bench_work(&diag, 100000, 2);
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
    bench_process("lln-match --map", "lln-match", 512, "", NAN,
                  ARGUMENTS("--map", "-n", "512", "--trials", "1"));
}

/* A bootstrap without an early stop. */
static void bench_bootstrap(size_t n, size_t draws)
{
    const lln_bootstrap_plan plan = {draws, 0, 1, NULL, NULL};
    lln_head head = draw(n, 1, false);
    lln_kernel_choice choice;
    lln_bootstrap out;
    figures f = {NAN, NAN, NAN, NAN};
    lln_threads_set(2);
    must(lln_kernel_parse("softmax", &choice));
    double start = now();
    must(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &out));
    f.seconds = now() - start;
    lln_head_free(&head);
    print_row("bootstrap softmax", n, 2, f, NULL, NAN);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1024, 2048, 4096, 8192, 16384, 32768};
    read_arguments(argc, argv);
    puts("work,n,d,threads,seconds,tiles_seconds,ratio_to_tiles,peer,"
         "peer_seconds,peer_ratio,peak_mib");
    fflush(stdout);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        bench_tiles_work(sizes[i], 2, sizes[i] == 8192);
    bench_tiles_work(8192, 1, false);
    bench_spectra();
    bench_commands();
    /* Last: a process that has threads must not be forked. */
    bench_bootstrap(512, 999);
    return 0;
}
