/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: training steps of lln-train against torch with the same model,
 * the same batch and two threads (train.py). Steps of both run in turn, after
 * warming up; medians are printed, with processor seconds, which a busy machine
 * disturbs less, and the peak memory of both processes in MiB. Prints a csv
 * table on stdout. */
#include "core/memory.h"
#include "core/threads.h"
#include "peer_process.h"
#include "train/model_pass.h"
#include "train/optimiser.h"

enum { STEPS = 31, LINE = 128, BATCH = 64 };

static const char *const kernels[] = {"softmax", "lln", NULL};

/* Images of 28 x 28 in patches of 4 x 4. */
static const lln_task_shape shape = {
    .tokens = 49, .input_size = 16, .classes = 10};
static const lln_model_sizes sizes = {64, 2, 4, 128, LLN_FLOAT32};

/* A model in training. */
typedef struct {
    lln_model model;
    lln_optimiser optimiser;
    lln_model_workspace *space;
    lln_examples batch;
    void *gradients;
} learner;

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void open_learner(const char *kernel, learner *l)
{
    lln_train_attention attention;
    const lln_optimiser_options options = {1e-3, 0.01, 0.9, 0.999,
                                           1e-8, 0,    0,   1000};
    must(lln_train_attention_parse(kernel, &attention));
    must(lln_model_open(&shape, &sizes, &attention, 1, &l->model));
    must(lln_optimiser_open(&l->model, &options, &l->optimiser));
    must(lln_model_workspace_alloc(&l->model, BATCH, &l->space));
    must(lln_examples_alloc(&shape, BATCH, &l->batch));
    l->batch.count = BATCH;
    l->gradients = lln_array_alloc(l->model.count, sizeof(float));
    if (!l->gradients)
        must(LLN_ENOMEM);
    for (size_t i = 0; i < BATCH * shape.tokens * shape.input_size; i++)
        l->batch.values[i] = (float)(i * 37 % 101) / 50 - 1;
    for (size_t i = 0; i < BATCH; i++)
        l->batch.answers[i] = (int32_t)(i % shape.classes);
}

static void close_learner(learner *l)
{
    lln_optimiser_close(&l->optimiser);
    lln_model_workspace_free(l->space);
    lln_examples_free(&l->batch);
    lln_model_close(&l->model);
    free(l->gradients);
}

static void step(learner *l, double *seconds, double *processor)
{
    lln_model_score score;
    double start = now(), cpu = processor_seconds();
    must(lln_model_learn(&l->model, &l->batch, l->space, l->gradients, &score));
    lln_optimiser_step(&l->optimiser, &l->model, l->gradients);
    *seconds = now() - start;
    *processor = processor_seconds() - cpu;
}

static void time_kernel(const char *kernel)
{
    char line[LINE];
    double own[STEPS], own_cpu[STEPS], peer[STEPS], peer_cpu[STEPS];
    struct rusage usage;
    learner l = {0};
    peer_process torch = start_peers("tests/bench/train.py", scratch);
    snprintf(line, sizeof line, "%s %zu %zu %zu %d %zu %zu %zu %zu", kernel,
             shape.tokens, shape.input_size, shape.classes, BATCH, sizes.width,
             sizes.depth, sizes.head_count, sizes.mlp);
    open_learner(kernel, &l);
    step(&l, own, own_cpu);
    ask_line(&torch, line, peer, peer_cpu);
    for (size_t i = 0; i < STEPS; i++) {
        step(&l, &own[i], &own_cpu[i]);
        ask_line(&torch, line, &peer[i], &peer_cpu[i]);
    }
    stop_peers(&torch);
    close_learner(&l);
    getrusage(RUSAGE_SELF, &usage);
    double seconds = median(own, STEPS), cpu = median(own_cpu, STEPS);
    double others = median(peer, STEPS), others_cpu = median(peer_cpu, STEPS);
    printf("%s,%.4g,%.4g,%.4g,%.4g,%.3g,%.3g,%.0f,%.0f\n", kernel, seconds, cpu,
           others, others_cpu, others / seconds, others_cpu / cpu,
           (double)usage.ru_maxrss / 1024, torch.peak);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    lln_threads_set(2);
    puts("kernel,seconds,processor,torch_seconds,torch_processor,"
         "torch_ratio,torch_processor_ratio,peak_mib,torch_peak_mib");
    for (size_t i = 0; kernels[i]; i++)
        time_kernel(kernels[i]);
    return 0;
}
