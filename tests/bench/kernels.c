/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: seconds of the entropy of kernels beside that of softmax. Heads
 * are in memory. On each head all kernels are opened and measured in turn, and
 * the medians over heads are compared. One thread is used, because the tools
 * divide heads among threads. The time is that of the processor: waiting on a
 * busy machine would count against the longer run. Prints a csv table on
 * stdout; `most` is the largest ratio that the project allows. */
#include "core/threads.h"
#include "kernel/table/table.h"
#include "measure/entropy.h"
#include "timing.h"

enum { HEADS = 64, KERNELS = 4 };

static const struct {
    const char *name;
    double most;
} kernels[KERNELS] = {
    {"softmax", 1}, {"elu", 2}, {"taylor2", 2}, {"performer:features=256", 7}};

static const struct {
    size_t n, heads;
} sizes[] = {{1024, HEADS}, {4096, 16}};

static double used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of opening the kernel and of the entropy of all rows. */
static double time_entropy(const char *kernel, const lln_head *head)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_entropy out;
    double start = used();
    must(lln_kernel_parse(kernel, &choice));
    choice.seed = 1;
    must(lln_kernel_open(&choice, head, &attention));
    must(lln_entropy_measure(&attention, NULL, 0, &out, NULL));
    lln_attention_close(&attention);
    return used() - start;
}

static void bench_size(size_t n, size_t heads)
{
    double seconds[KERNELS][HEADS], softmax = NAN;
    for (size_t h = 0; h < heads; h++) {
        lln_head head = draw(n, h, false);
        for (size_t i = 0; i < KERNELS; i++)
            seconds[i][h] = time_entropy(kernels[i].name, &head);
        lln_head_free(&head);
    }
    for (size_t i = 0; i < KERNELS; i++) {
        double own = median(seconds[i], heads);
        softmax = i == 0 ? own : softmax;
        printf("entropy %s,%zu,%d,%zu,%.4g,%.3g,%g\n", kernels[i].name, n, DIM,
               heads, own, own / softmax, kernels[i].most);
    }
    fflush(stdout);
}

int main(void)
{
    lln_threads_set(1);
    puts("work,n,d,heads,seconds,softmax_ratio,most");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        bench_size(sizes[i].n, sizes[i].heads);
    return 0;
}
