/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compare: what lln-attend --compare, --against and --pairs cost for batches of
 * heads from files, beside the entropies of what they compare. Both commands
 * run in turn; ratios are medians of wall times and of processor times.
 * Prints a csv table on stdout. */
#include "commands.h"

enum { RUNS = 3 };

/* A command for all heads, and the commands beside which its time is put: the
 * entropies of each attention that it compares. */
typedef struct {
    const char *name, *option, *value, *kernels;
    const char *entropies; /* kernels of lln-entropy */
    double times;          /* how many such entropies are compared */
} work;

#define LLN "lln:alpha=2.2:beta=2.2"
#define SIX LLN ",elu,performer,relu,cosformer,tempscale:divisor=2"

/* For six kernels, softmax counts once. Its own entropies count twice when it
 * is compared with itself. */
static const work works[] = {
    {"lln", "--compare", "softmax", LLN, LLN ",softmax", 1},
    {"lln, matched", "--compare", "softmax", "lln", "lln,softmax", 1},
    {"softmax", "--compare", "softmax", "softmax", "softmax", 2},
    {"elu", "--compare", "softmax", "elu", "elu,softmax", 1},
    {"performer", "--compare", "softmax", "performer", "performer,softmax", 1},
    {"six kernels", "--compare", "softmax", SIX, SIX ",softmax", 1},
    {"a file with itself", "--against", NULL, "softmax", "softmax", 2},
    {"pairs of heads", "--pairs", "heads", "softmax", "softmax", 1},
};

static const struct {
    size_t heads, n;
} shapes[] = {{64, 1024}, {16, 4096}};

static char file[COMMAND_PATH + 8];

static void write_heads(size_t heads, size_t n)
{
    char count[24], tokens[24];
    snprintf(count, sizeof count, "%zu", heads);
    snprintf(tokens, sizeof tokens, "%zu", n);
    snprintf(file, sizeof file, "%s/heads.npz", scratch);
    time_tool("lln-attend",
              ARGUMENTS("--write-heads", file, "--trials", count, "-n", tokens,
                        "-d", "64", "-q"),
              1, NULL);
}

/* Pairs are of the first heads only: there are as many as the square. */
static void bench_work(const work *w, size_t heads, size_t n)
{
    bool pairs = strcmp(w->option, "--pairs") == 0;
    char some[32];
    if (pairs)
        heads = 8;
    snprintf(some, sizeof some, "0-%zu", heads - 1);
    double wall[RUNS], cpu[RUNS], seconds[RUNS], beside[RUNS], peak = NAN;
    for (size_t i = 0; i < RUNS; i++) {
        seconds[i] = time_tool("lln-attend",
                               ARGUMENTS(w->option, w->value ? w->value : file,
                                         "--kernel", w->kernels, "--layout",
                                         "hnd", "-q", "--heads", some, file),
                               1, &peak);
        double processor = command_cpu;
        beside[i] =
            w->times * time_tool("lln-entropy",
                                 ARGUMENTS("--kernel", w->entropies, "--layout",
                                           "hnd", "-q", "--heads", some, file),
                                 1, NULL);
        wall[i] = seconds[i] / beside[i];
        cpu[i] = processor / (w->times * command_cpu);
    }
    printf("%s %s,%zu,%zu,%d,%.3f,%.3f,%.2f,%.2f,%.0f\n", w->option, w->name,
           heads, n, DIM, median(seconds, RUNS), median(beside, RUNS),
           median(wall, RUNS), median(cpu, RUNS), peak);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    read_arguments(argc, argv);
    puts("work,heads,n,d,seconds,entropies_s,ratio,processor_ratio,peak_mib");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        write_heads(shapes[s].heads, shapes[s].n);
        for (size_t w = 0; w < sizeof works / sizeof *works; w++)
            bench_work(&works[w], shapes[s].heads, shapes[s].n);
    }
    return 0;
}
