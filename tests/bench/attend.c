/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: time and memory of O = P V against the number of tokens, beside
 * torch with the published formulas. Seconds are medians of opening the kernel
 * and multiplying, in this process; memory is the peak of lln-attend on files.
 * Prints a csv table on stdout. */
#include "commands.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/product.h"
#include "kernel/table/table.h"

enum { SMALLEST = 512, LARGEST = 524288 };

/* What is timed, up to how many tokens, and which other program computes it. */
static const struct {
    const char *name, *kernel;
    bool causal;
    size_t most;
    const char *peer;
    size_t peer_most;
} works[] = {
    {"softmax", "softmax", false, 131072, "torch_softmax", 8192},
    {"softmax causal", "softmax", true, 32768, NULL, 0},
    {"lln", "lln:alpha=2.2:beta=2.2", false, LARGEST, "torch_lln", 131072},
    {"lln causal", "lln:alpha=2.2:beta=2.2", true, LARGEST, "torch_lln_causal",
     131072},
    {"lln+diag", "lln+diag:alpha=2.2:beta=2.2", false, LARGEST, NULL, 0},
    {"lln+diag causal", "lln+diag:alpha=2.2:beta=2.2", true, LARGEST, NULL, 0},
    {"nystrom", "nystrom", false, 131072, NULL, 0},
    {"performer", "performer", false, 131072, NULL, 0},
};

/* Median seconds. */
static double time_product(const lln_head *head, const char *kernel)
{
    double seconds[MOST_REPEATS];
    lln_kernel_choice choice;
    lln_attention attention;
    float *o = lln_array_alloc(head->q.rows * DIM, sizeof *o);
    if (!o)
        must(LLN_ENOMEM);
    must(lln_kernel_parse(kernel, &choice));
    choice.seed = 1;
    size_t runs = 0;
    do {
        double start = now();
        must(lln_kernel_open(&choice, head, &attention));
        must(lln_attention_prepare_product(&attention));
        must(lln_attention_product(&attention, head->v, o));
        lln_attention_close(&attention);
        seconds[runs++] = now() - start;
    } while (again(seconds, runs));
    free(o);
    return median(seconds, runs);
}

/* Commands run first: they inherit the memory of this process, which matrix
 * products enlarge for good. */
static void bench_work(size_t index, size_t n)
{
    const char *kernel = works[index].kernel;
    bool causal = works[index].causal;
    lln_head head = draw(n, 0, true);
    write_head(&head);
    lln_head_free(&head);
    double peak;
    double process = time_tool(
        "lln-attend",
        ARGUMENTS("--kernel", kernel, "--q", q_path, "--k", k_path, "--v",
                  v_path, "-o", "/dev/null", causal ? "--causal" : NULL),
        n > 100000 ? 1 : REPEATS, &peak);
    peer_cost peer = {NAN, NAN, NAN};
    const char *name = n <= works[index].peer_most ? works[index].peer : NULL;
    if (name)
        peer = time_peer(name, "2.2");
    head = draw(n, 0, true);
    head.rule.mask.causal = causal;
    double seconds = time_product(&head, kernel);
    lln_head_free(&head);
    printf("%s,%zu,%d,%d,%.4g,%.4g,%.0f,%s,%.4g,%.3g,%.0f\n", works[index].name,
           n, DIM, lln_threads_count(), seconds, process, peak,
           name ? name : "", peer.seconds, peer.seconds / seconds, peer.peak);
    fflush(stdout);
}

/* In a process of its own. */
static void bench_apart(size_t index, size_t n)
{
    fflush(stdout);
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        lln_threads_set(2);
        bench_work(index, n);
        exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    puts("work,n,d,threads,seconds,process_seconds,peak_mib,peer,peer_seconds,"
         "peer_ratio,peer_peak_mib");
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        for (size_t n = SMALLEST; n <= works[i].most; n *= 2)
            bench_apart(i, n);
    return 0;
}
