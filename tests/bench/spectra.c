/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: |lambda2| of softmax with its condition, and ranks. Batches of
 * heads in files, as multiples of the entropy of the same heads by lln-entropy;
 * and heads that no Krylov method solves, as multiples of dgeev (eigenvalues
 * only, in one thread: a second one gains nothing) on the same P. Task and
 * reference are timed in turn, and their medians are compared. Prints a csv
 * table on stdout. */
#include <lapacke.h>

#include "commands.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/table/table.h"
#include "measure/spectrum.h"

enum { RUNS = 3 };

/* Of each run. */
typedef struct {
    double seconds[RUNS], cpu[RUNS];
} times;

static void print_row(const char *work, size_t heads, size_t n, size_t d,
                      double tau, times *own, const char *name,
                      times *reference, double peak)
{
    double seconds = median(own->seconds, RUNS);
    double other = median(reference->seconds, RUNS);
    printf("%s,%zu,%zu,%zu,%g,%.4g,%s,%.4g,%.3g,%.3g,%.0f\n", work, heads, n, d,
           tau, seconds, name, other, seconds / other,
           median(own->cpu, RUNS) / median(reference->cpu, RUNS), peak);
    fflush(stdout);
}

/* Of the arrays that were written. */
static const char *layout;

static void write_heads(size_t heads, size_t n, size_t d, double tau)
{
    FILE *q = begin_npy(q_path, heads, n, d);
    FILE *k = begin_npy(k_path, heads, n, d);
    layout = heads > 1 ? "hnd" : "nd";
    for (size_t i = 0; i < heads; i++) {
        lln_head head = draw_as(n, d, tau, i, false);
        append_npy(q, head.q);
        append_npy(k, head.k);
        lln_head_free(&head);
    }
    end_npy(q);
    end_npy(k);
}

/* Run `i` of a complete command. */
static void time_batch(const char *tool, const char *columns, size_t i,
                       times *out, double *peak)
{
    out->seconds[i] =
        time_tool(tool,
                  ARGUMENTS("--quiet", "--kernel", "softmax", "--layout",
                            layout, "--q", q_path, "--k", k_path, "--columns",
                            columns, "-o", "/dev/null"),
                  1, peak);
    out->cpu[i] = command_cpu;
}

static void bench_batch(size_t heads, size_t n, size_t d, double tau)
{
    times own, entropy;
    double peak, unused;
    write_heads(heads, n, d, tau);
    for (size_t i = 0; i < RUNS; i++) {
        time_batch("lln-entropy", "head,entropy_nats", i, &entropy, &unused);
        time_batch("lln-spectral", "head,lambda2,lambda2_condition", i, &own,
                   &peak);
    }
    print_row("batch", heads, n, d, tau, &own, "entropy", &entropy, peak);
}

/* Ranks of a batch; sigma1 is to take at most 12 entropies. */
static void bench_ranks(size_t heads, size_t n, double tau)
{
    static const char *const columns[] = {"sigma1", "stable_rank", "columns90",
                                          "logit_rank90", "rank90"};
    double peak, unused;
    write_heads(heads, n, DIM, tau);
    size_t count = n > 2048 ? 4 : 5; /* rank90 takes minutes */
    for (size_t c = 0; c < count; c++) {
        times own, entropy;
        char wanted[64];
        snprintf(wanted, sizeof wanted, "head,%s", columns[c]);
        for (size_t i = 0; i < RUNS; i++) {
            time_batch("lln-entropy", "head,entropy_nats", i, &entropy,
                       &unused);
            time_batch("lln-spectral", wanted, i, &own, &peak);
        }
        print_row(columns[c], heads, n, DIM, tau, &own, "entropy", &entropy,
                  peak);
    }
}

/* Tokens attend to those at nearly the same place on a circle that is not the
 * whole text: P mixes slowly, and has hundreds of eigenvalues of nearly the
 * same modulus, as that of some trained heads. */
static lln_head hard_head(size_t n)
{
    lln_head head = draw_as(n, DIM, 1, 0, false);
    float *parts[] = {(float *)head.q.data, (float *)head.k.data};
    double round = 64, noise = 0.3, size = sqrt(20 / (DIM / 2.0));
    for (size_t side = 0; side < 2; side++)
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < DIM / 2; l++) {
                float *x = parts[side] + i * DIM + 2 * l;
                double angle =
                    ((double)l + 0.5) * M_PI * (double)(i + side) / round;
                x[0] = (float)(size * cos(angle) + noise * (double)x[0]);
                x[1] = (float)(size * sin(angle) + noise * (double)x[1]);
            }
    head.rule.scale = 1;
    return head;
}

/* |lambda2| by dgeev; p [n x n] is overwritten. */
static double reference(double *p, size_t n)
{
    double *re = lln_array_alloc(2 * n, sizeof *re), *im = re + n, none[1];
    double first = 0, second = 0;
    int order = (int)n;
    if (!re || LAPACKE_dgeev(LAPACK_COL_MAJOR, 'N', 'N', order, p, order, re,
                             im, none, 1, none, 1) != 0)
        must(lln_fail(LLN_ENOCONV, "dgeev failed"));
    for (size_t i = 0; i < n; i++) {
        double modulus = hypot(re[i], im[i]);
        second = fmax(second, fmin(modulus, first));
        first = fmax(first, modulus);
    }
    free(re);
    return second;
}

static double solve(const lln_kernel_choice *kernel, const lln_head *head)
{
    lln_spectrum out;
    lln_spectrum_options options = {.eigenvalues = 2};
    must(lln_spectrum_measure_head(kernel, head, &options, &out));
    lln_spectrum_free(&out);
    return out.lambda2;
}

/* Processor seconds of this process. */
static double processor(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void bench_hard(size_t n)
{
    lln_head head = hard_head(n);
    lln_kernel_choice kernel;
    lln_attention attention;
    times own, other;
    double value = 0, right = 0;
    double *p = lln_array_alloc(n * n, sizeof *p);
    must(p ? lln_kernel_parse("softmax", &kernel) : LLN_ENOMEM);
    for (size_t i = 0; i < RUNS; i++) {
        double start = now(), cpu = processor();
        value = solve(&kernel, &head);
        own.seconds[i] = now() - start;
        own.cpu[i] = processor() - cpu;
        must(lln_kernel_open(&kernel, &head, &attention));
        must(lln_attention_prepare(&attention));
        must(lln_attention_rows(&attention, 0, n, p));
        lln_attention_close(&attention);
        start = now();
        cpu = processor();
        right = reference(p, n);
        other.seconds[i] = now() - start;
        other.cpu[i] = processor() - cpu;
    }
    fprintf(stderr, "bench: hard head, n = %zu: %.9g, dgeev %.9g\n", n, value,
            right);
    print_row("hard head", 1, n, DIM, NAN, &own, "dgeev", &other, NAN);
    lln_head_free(&head);
    free(p);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    lln_threads_set(2);
    puts("work,heads,n,d,tau,seconds,reference,reference_seconds,multiple,"
         "cpu_multiple,peak_mib");
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        bench_batch(64, 2048, 128, i ? 0.4 : 1);
    for (int i = 0; i < 2; i++)
        bench_batch(256, 512, 64, i ? 0.4 : 1);
    for (int i = 0; i < 2; i++) {
        bench_ranks(64, 1024, i ? 0.4 : 1);
        bench_ranks(1, 16384, i ? 0.4 : 1);
    }
    for (size_t n = 512; n <= 2048; n *= 2)
        bench_hard(n);
    return 0;
}
