/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pairs: what the comparison of two heads costs, beside the entropies of both.
 * Prints a table of user times on one thread: both are measured in turn. */
#include <sys/resource.h>

#include "core/threads.h"
#include "kernel/table/table.h"
#include "measure/entropy.h"
#include "measure/pair.h"
#include "timing.h"

enum { RUNS = 25 };

static double user_time(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec +
           1e-6 * (double)usage.ru_utime.tv_usec;
}

/* What is asked of the comparison. */
typedef enum { DISTANCES, TOP_KEYS, OUTPUTS, WORKS } work;

static const char *const names[WORKS] = {"distances", "distances and top keys",
                                         "outputs too"};

static double time_entropies(const lln_kernel_choice *choice,
                             const lln_head heads[2])
{
    double start = user_time();
    for (int a = 0; a < 2; a++) {
        lln_attention attention;
        lln_entropy out;
        must(lln_kernel_open(choice, &heads[a], &attention));
        must(lln_entropy_measure(&attention, NULL, 0, &out, NULL));
        lln_attention_close(&attention);
    }
    return user_time() - start;
}

static double time_pair(const lln_kernel_choice *choice,
                        const lln_head heads[2], work what)
{
    lln_attention attention[2];
    lln_pair out;
    lln_pair_options options = {.top = what >= TOP_KEYS ? 10 : 0,
                                .distances = true};
    if (what == OUTPUTS) {
        options.values = heads[0].v;
        options.other_values = heads[1].v;
    }
    double start = user_time();
    for (int a = 0; a < 2; a++)
        must(lln_kernel_open(choice, &heads[a], &attention[a]));
    must(lln_pair_measure(&attention[0], &attention[1], &options, &out, NULL));
    for (int a = 0; a < 2; a++)
        lln_attention_close(&attention[a]);
    return user_time() - start;
}

static void print_row(const lln_kernel_choice *choice, size_t n, size_t runs,
                      work what)
{
    double plain[RUNS], pair[RUNS];
    const lln_head heads[2] = {draw(n, 0, true), draw(n, 1, true)};
    for (size_t i = 0; i < runs; i++) {
        plain[i] = time_entropies(choice, heads);
        pair[i] = time_pair(choice, heads, what);
    }
    double a = median(plain, runs), b = median(pair, runs);
    printf("%s,%s,%zu,%d,%.5f,%.5f,%.3f\n", names[what], choice->text, n, DIM,
           a, b, b / a);
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        lln_head head = heads[i];
        lln_head_free(&head);
    }
}

int main(void)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=2.2:beta=2.2"};
    static const size_t sizes[] = {1024, 16384};
    lln_threads_set(1);
    puts("work,kernel,n,d,entropies_s,pair_s,ratio");
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < 2; i++)
            for (work what = 0; what < WORKS; what++) {
                lln_kernel_choice choice;
                must(lln_kernel_parse(kernels[k], &choice));
                print_row(&choice, sizes[i], sizes[i] > 4096 ? 3 : RUNS, what);
            }
    return 0;
}
