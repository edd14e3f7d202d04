/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: batches of heads from files, as complete commands, against torch
 * and scipy doing the same for the whole batch in one process that is warm
 * (batches.py): its time excludes the start of Python, that of a command
 * includes everything. All commands of a batch and their peers run in turn, and
 * medians are printed, with processor seconds, which a busy machine disturbs
 * less. Prints a csv table on stdout. */
#include "peer_process.h"

enum { LINE = 256, ROUNDS = 3 };

typedef struct {
    const char *name, *tool;
    const char *const *more; /* options */
    const char *peer;        /* of batches.py; NULL: none */
    bool whole;              /* needs values, and writes an array */
} batch_work;

/* The methods of lln-match that need no eigenvalues and do not follow a
 * curve. */
#define METHODS "paper,fenton,fenton-row,exact,measured,line,entropy"

static const char *const NOTHING[] = {NULL};
static const char *const SOFTMAX[] = {"--kernel", "softmax", NULL};
static const char *const MOST_METHODS[] = {"--method", METHODS, NULL};
static const char *const EVERY_METHOD[] = {"--method", "all", "--no-spectrum",
                                           NULL};

/* The first one is what the others are compared with. */
static const batch_work works[] = {
    {"lln-entropy", "lln-entropy", NOTHING, NULL, false},
    {"lln-entropy softmax", "lln-entropy", SOFTMAX, "entropy", false},
    {"lln-stats", "lln-stats", NOTHING, NULL, false},
    {"lln-stats softmax", "lln-stats", SOFTMAX, "stats", false},
    {"lln-spectral softmax", "lln-spectral", SOFTMAX, "spectral", false},
    {"lln-match", "lln-match", NOTHING, NULL, false},
    {"lln-match, 7 methods", "lln-match", MOST_METHODS, NULL, false},
    {"lln-match, all methods", "lln-match", EVERY_METHOD, NULL, false},
    {"lln-attend softmax", "lln-attend", SOFTMAX, "attend", true},
};
enum { WORKS = sizeof works / sizeof *works };

typedef struct {
    double seconds[ROUNDS], processor[ROUNDS];
    double peer_seconds[ROUNDS], peer_processor[ROUNDS];
    double peak;
} batch_times;

/* NaN without Python, numpy, scipy or torch. */
static void ask_peer(peer_process *peer, const char *name, bool causal,
                     double *seconds, double *processor)
{
    char line[LINE];
    snprintf(line, sizeof line, "%s %d", name, causal);
    ask_line(peer, line, seconds, processor);
}

static void run_work(const batch_work *work, bool causal, double *seconds,
                     double *processor, double *peak)
{
    char out[COMMAND_PATH];
    const char *words[COMMAND_WORDS] = {"--layout", "hnd", "--quiet", "--q",
                                        q_path,     "--k", k_path};
    size_t count = 7;
    if (causal)
        words[count++] = "--causal";
    if (work->whole) {
        snprintf(out, sizeof out, "%s/out.npy", scratch);
        words[count++] = "--v";
        words[count++] = v_path;
        words[count++] = "-o";
        words[count++] = out;
    }
    for (size_t i = 0; work->more[i]; i++)
        words[count++] = work->more[i];
    words[count] = NULL;
    *seconds = time_tool(work->tool, words, 1, peak);
    *processor = command_cpu;
}

static void print_times(size_t heads, size_t n, size_t d, bool causal,
                        batch_times *times)
{
    double base = NAN, base_processor = NAN;
    for (size_t i = 0; i < WORKS; i++) {
        batch_times *t = &times[i];
        double seconds = median(t->seconds, ROUNDS);
        double processor = median(t->processor, ROUNDS);
        double peer = median(t->peer_seconds, ROUNDS);
        double peer_processor = median(t->peer_processor, ROUNDS);
        base = i == 0 ? seconds : base;
        base_processor = i == 0 ? processor : base_processor;
        printf("%s,%zu,%zu,%zu,%d,%.4g,%.4g,%.3g,%.3g,%s,%.4g,%.4g,%.3g,%.3g,"
               "%.0f\n",
               works[i].name, heads, n, d, causal, seconds, processor,
               seconds / base, processor / base_processor,
               works[i].peer ? works[i].peer : "", peer, peer_processor,
               peer / seconds, peer_processor / processor, t->peak);
    }
    fflush(stdout);
}

static void bench(size_t heads, size_t n, size_t d, bool causal)
{
    static batch_times times[WORKS];
    peer_process peer = start_peers(peers, scratch);
    for (int run = 0; run < ROUNDS; run++)
        for (size_t i = 0; i < WORKS; i++) {
            batch_times *t = &times[i];
            run_work(&works[i], causal, &t->seconds[run], &t->processor[run],
                     &t->peak);
            t->peer_seconds[run] = t->peer_processor[run] = NAN;
            if (works[i].peer)
                ask_peer(&peer, works[i].peer, causal, &t->peer_seconds[run],
                         &t->peer_processor[run]);
        }
    stop_peers(&peer);
    print_times(heads, n, d, causal, times);
}

/* Writes one array of each head of the batch. */
static void write_batch(size_t heads, size_t n, size_t d)
{
    FILE *q = begin_npy(q_path, heads, n, d),
         *k = begin_npy(k_path, heads, n, d);
    FILE *v = begin_npy(v_path, heads, n, d);
    for (size_t i = 0; i < heads; i++) {
        lln_head head = draw_as(n, d, 1, i, true);
        append_npy(q, head.q);
        append_npy(k, head.k);
        append_npy(v, head.v);
        lln_head_free(&head);
    }
    end_npy(q);
    end_npy(k);
    end_npy(v);
}

int main(int argc, char **argv)
{
    static const size_t sizes[][3] = {
        {512, 256, 64}, {256, 512, 64}, {64, 1024, 64}, {64, 2048, 128}};
    read_arguments(argc, argv);
    puts("work,heads,n,d,causal,seconds,cpu_seconds,to_entropy,cpu_to_entropy,"
         "peer,peer_seconds,peer_cpu_seconds,peer_ratio,peer_cpu_ratio,"
         "peak_mib");
    fflush(stdout);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_batch(sizes[i][0], sizes[i][1], sizes[i][2]);
        for (int causal = 0; causal < 2; causal++)
            bench(sizes[i][0], sizes[i][1], sizes[i][2], causal);
    }
    return 0;
}
