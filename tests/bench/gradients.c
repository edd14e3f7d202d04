/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: attention with gradients, forward and backward, as in a step of
 * lln-train: 256 heads of 16 features, float32, on one thread, beside torch
 * (gradients.py). Nanoseconds of the processor for each head, medians. Prints a
 * csv table on stdout. */
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "train/attention.h"

#include "commands.h"

enum { HEADS = 256, SIZE = 16, RUNS = 15 };

static const char *const kernels[] = {"softmax",
                                      "lln:alpha=2.14:beta=2.14",
                                      "lln+diag:alpha=2.14:beta=2.14",
                                      "blockdiag",
                                      "window:reach=8",
                                      "elu",
                                      "relu",
                                      "uniform"};
enum { KERNELS = 8 };
static const size_t tokens[] = {49, 256};

static double used(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A batch: rows of q | k | v, as in a model of one head. */
typedef struct {
    lln_train_attention attention;
    lln_train_extent extent;
    lln_train_constants constants;
    float *qkv, *dqkv, *out, *dout, *kept, *scratch;
    size_t kept_size;
} batch;

static float *numbers(size_t count)
{
    float *x = lln_array_alloc(count, sizeof *x);
    if (!x)
        must(LLN_ENOMEM);
    for (size_t i = 0; i < count; i++) /* uniform, of variance 1 */
        x[i] =
            (float)((double)(lln_random_number(1, i) >> 11) * 0x1p-53 - 0.5) *
            3.4641f;
    return x;
}

static batch begin(const char *name, size_t n, bool causal)
{
    batch b = {.extent = {LLN_FLOAT32, n, SIZE, 3 * SIZE, SIZE, causal}};
    must(lln_train_attention_parse(name, &b.attention));
    must(lln_train_constants_set(&b.attention, &b.extent, 1, 1, &b.constants));
    const lln_train_kernel *kernel = b.attention.kernel;
    b.kept_size = kernel->kept(&b.attention, &b.extent);
    b.qkv = numbers(HEADS * n * 3 * SIZE);
    b.dqkv = numbers(HEADS * n * 3 * SIZE);
    b.out = numbers(HEADS * n * SIZE);
    b.dout = numbers(HEADS * n * SIZE);
    b.kept = numbers(HEADS * b.kept_size);
    b.scratch = numbers(kernel->scratch(&b.attention, &b.extent));
    return b;
}

static void end(batch *b)
{
    free(b->qkv);
    free(b->dqkv);
    free(b->out);
    free(b->dout);
    free(b->kept);
    free(b->scratch);
}

static void pass(const batch *b, bool back)
{
    double mixture = 0;
    const lln_train_kernel *kernel = b->attention.kernel;
    for (size_t h = 0; h < HEADS; h++) {
        size_t at = h * b->extent.tokens * SIZE;
        float *q = b->qkv + 3 * at, *dq = b->dqkv + 3 * at;
        float *kept = b->kept + h * b->kept_size;
        if (back)
            kernel->backward(&b->attention, &b->extent, &b->constants, q,
                             q + SIZE, q + 2 * SIZE, b->dout + at, kept, dq,
                             dq + SIZE, dq + 2 * SIZE, &mixture, b->scratch);
        else
            kernel->forward(&b->attention, &b->extent, &b->constants, q,
                            q + SIZE, q + 2 * SIZE, b->out + at, kept,
                            b->scratch);
    }
}

static double torch_time(const char *name, size_t n, bool causal)
{
    char path[COMMAND_PATH], count[24], kernel[16];
    double printed[COMMAND_NUMBERS];
    size_t folder = (size_t)(strrchr(peers, '/') - peers);
    snprintf(path, sizeof path, "%.*s/gradients.py", (int)folder, peers);
    snprintf(count, sizeof count, "%zu", n);
    snprintf(kernel, sizeof kernel, "%.*s", (int)strcspn(name, ":"), name);
    char *arguments[] = {"/usr/bin/python3",         path, kernel, count,
                         causal ? "causal" : "full", NULL};
    return run_command(arguments, printed, NULL) > 0 ? printed[0] : NAN;
}

static void bench(const char *name, size_t n, bool causal)
{
    double times[2][RUNS], peer = NAN;
    batch b = begin(name, n, causal);
    pass(&b, false);
    pass(&b, true);
    for (size_t run = 0; run < RUNS; run++)
        for (int back = 0; back < 2; back++) {
            double start = used();
            pass(&b, back);
            times[back][run] = (used() - start) * 1e9 / HEADS;
        }
    end(&b);
    if (strcmp(name, kernels[0]) == 0 || strcmp(name, kernels[1]) == 0)
        peer = torch_time(name, n, causal);
    double forward = median(times[0], RUNS), backward = median(times[1], RUNS);
    printf("%.*s,%zu,%s,%.0f,%.0f,%.0f,%.0f\n", (int)strcspn(name, ":"), name,
           n, causal ? "causal" : "full", forward, backward, forward + backward,
           peer);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    peers = argv[3];
    lln_threads_set(1);
    printf("kernel,n,mask,forward_ns,backward_ns,both_ns,torch_ns\n");
    for (int causal = 0; causal < 2; causal++)
        for (size_t n = 0; n < 2; n++)
            for (size_t i = 0; i < KERNELS; i++)
                bench(kernels[i], tokens[n], causal);
}
