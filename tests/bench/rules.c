/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: what maps of queries and keys and rules of logits cost, as a
 * factor of the same heads under the same mask. Seconds are those of the whole
 * command, medians of runs taken in turn, so that a disturbance meets all;
 * memory is its peak. Prints a csv table on stdout. */
#include "commands.h"
#include "core/memory.h"

enum { HEADS = 64, TOKENS = 2048, FEATURES = 128, WORKS = 6 };

/* The most that the steps may cost. */
static const struct {
    const char *name;
    double limit;
    const char *steps[11];
} works[WORKS] = {
    {"causal", 1, {NULL}},
    {"norm and rope", 1.1, {"--qk-norm", "rms", "--rope", "half", NULL}},
    {"alibi", 1.1, {"--bias", "alibi", NULL}},
    {"sink", 1.1, {"--sink", "0", NULL}},
    {"softcap", 1.35, {"--softcap", "50", NULL}},
    {"all",
     1.6,
     {"--qk-norm", "rms", "--rope", "half", "--bias", "alibi", "--sink", "0",
      "--softcap", "50", NULL}},
};

/* Writes a part of sampled heads as [HEADS x TOKENS x FEATURES]. */
static void write_role(const char *path, bool keys)
{
    const lln_gaussian model = {.n = HEADS * TOKENS,
                                .d = FEATURES,
                                .sigma_q = 1,
                                .sigma_k = 1,
                                .seed = 1,
                                .trials = 1,
                                .rule.scale = NAN};
    lln_heads heads = {0};
    lln_head head = {0};
    must(lln_gaussian_open(&model, &heads));
    must(heads.load(&heads, 0, NAN, LLN_FLOAT32, &head));
    FILE *out = begin_npy(path, HEADS, TOKENS, FEATURES);
    append_npy(out, keys ? head.k : head.q);
    end_npy(out);
    lln_head_free(&head);
    lln_heads_close(&heads);
}

static double time_work(size_t work, double *peak)
{
    const char *more[COMMAND_WORDS] = {
        "-q",      "--q",      q_path,      "--k",
        k_path,    "--layout", "hnd",       "--kernel",
        "softmax", "--causal", "--columns", "head,entropy_nats"};
    size_t count = 12;
    for (const char *const *step = works[work].steps; *step; step++)
        more[count++] = *step;
    return time_tool("lln-entropy", more, 3, peak);
}

int main(int argc, char **argv)
{
    double seconds[WORKS][REPEATS], peak[WORKS], first = NAN;
    read_arguments(argc, argv);
    write_role(q_path, false);
    write_role(k_path, true);
    for (size_t i = 0; i < REPEATS; i++)
        for (size_t w = 0; w < WORKS; w++)
            seconds[w][i] = time_work(w, &peak[w]);
    printf("work,heads,n,d,seconds,peak_mib,factor,limit\n");
    for (size_t w = 0; w < WORKS; w++) {
        double time = median(seconds[w], REPEATS);
        first = w == 0 ? time : first;
        printf("%s,%d,%d,%d,%.3f,%.0f,%.3f,%g\n", works[w].name, HEADS, TOKENS,
               FEATURES, time, peak[w], time / first, works[w].limit);
    }
    return 0;
}
