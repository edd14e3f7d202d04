/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jackknife: what standard errors of one head cost. Prints a table of the user
 * time of one head, measured with and without 20 groups in turn, on one
 * thread. */
#include <sys/resource.h>

#include "core/threads.h"
#include "kernel/table/table.h"
#include "measure/jackknife_entropy.h"
#include "measure/jackknife_lognormal.h"
#include "timing.h"

enum { RUNS = 31, TOKENS = 2048 };

static double user_time(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec +
           1e-6 * (double)usage.ru_utime.tv_usec;
}

static void measure_entropy(lln_attention *attention, bool groups)
{
    lln_entropy out, error;
    size_t used;
    must(groups ? lln_entropy_jackknife(attention, LLN_JACKKNIFE_GROUPS, &out,
                                        &error, &used)
                : lln_entropy_measure(attention, NULL, 0, &out, NULL));
}

static void measure_lognormal(lln_attention *attention, bool groups)
{
    lln_lognormal out;
    lln_lognormal_moments error;
    size_t used;
    must(groups ? lln_lognormal_jackknife(attention, LLN_JACKKNIFE_GROUPS, &out,
                                          &error, &used)
                : lln_lognormal_measure(attention, NULL, 0, &out, NULL));
}

static const struct {
    const char *name;
    void (*run)(lln_attention *attention, bool groups);
} measures[] = {{"entropy", measure_entropy}, {"moments", measure_lognormal}};

static double time_once(const lln_head *head, const char *kernel,
                        size_t measure, bool groups)
{
    lln_kernel_choice choice;
    lln_attention attention;
    must(lln_kernel_parse(kernel, &choice));
    double start = user_time();
    must(lln_kernel_open(&choice, head, &attention));
    measures[measure].run(&attention, groups);
    lln_attention_close(&attention);
    return user_time() - start;
}

int main(void)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=2.2:beta=2.2"};
    lln_threads_set(1);
    lln_head head = draw(TOKENS, 0, false);
    puts("measure,kernel,n,plain_s,jackknife_s,ratio");
    for (size_t m = 0; m < 2; m++)
        for (size_t k = 0; k < 2; k++) {
            double plain[RUNS], errors[RUNS];
            for (size_t i = 0; i < RUNS; i++) {
                plain[i] = time_once(&head, kernels[k], m, false);
                errors[i] = time_once(&head, kernels[k], m, true);
            }
            double a = median(plain, RUNS), b = median(errors, RUNS);
            printf("%s,%s,%d,%.5f,%.5f,%.3f\n", measures[m].name, kernels[k],
                   TOKENS, a, b, b / a);
        }
    lln_head_free(&head);
    return 0;
}
