/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * make bench: batches of heads from files, as complete commands, against torch
 * and scipy doing the same for the whole batch in one process that is warm
 * (batches.py). Both read the files. The time of the peer excludes the start of
 * Python; so the ratios exclude the start of the command, which is that of a
 * command that only prints its version and is printed, too. All commands of a
 * batch and their peers run in turn, and medians are printed, with processor
 * seconds, which a busy machine disturbs less. Prints a csv table on stdout. */
#include "peer_process.h"

enum { LINE = 256, MOST_ROUNDS = 15 };

typedef struct {
    const char *name, *tool;
    const char *const *more; /* options */
    const char *peer;        /* of batches.py; NULL: none */
    bool whole;              /* needs values, and writes an array */
    bool single;             /* also timed for a single head */
} batch_work;

/* The methods of lln-match that need no eigenvalues and do not follow a
 * curve. */
#define METHODS "paper,fenton,fenton-row,exact,measured,line,entropy"

static const char *const NOTHING[] = {NULL};
static const char *const SOFTMAX[] = {"--kernel", "softmax", NULL};
static const char *const ENTROPY[] = {"--kernel", "softmax", "--columns",
                                      "head,entropy_nats", NULL};
static const char *const MOST_METHODS[] = {"--method", METHODS, NULL};
static const char *const EVERY_METHOD[] = {"--method", "all", "--no-spectrum",
                                           NULL};

/* The first one is what the others are compared with. */
static const batch_work works[] = {
    {"lln-entropy", "lln-entropy", NOTHING, NULL, false, false},
    {"lln-entropy softmax", "lln-entropy", SOFTMAX, "entropy", false, false},
    {"lln-entropy softmax entropy alone", "lln-entropy", ENTROPY, "entropy",
     false, true},
    {"lln-stats", "lln-stats", NOTHING, NULL, false, false},
    {"lln-stats softmax", "lln-stats", SOFTMAX, "stats", false, false},
    {"lln-spectral softmax", "lln-spectral", SOFTMAX, "spectral", false, false},
    {"lln-match", "lln-match", NOTHING, NULL, false, false},
    {"lln-match 7 methods", "lln-match", MOST_METHODS, NULL, false, false},
    {"lln-match all methods", "lln-match", EVERY_METHOD, NULL, false, false},
    {"lln-attend softmax", "lln-attend", SOFTMAX, "attend", true, true},
};
enum { WORKS = sizeof works / sizeof *works };

typedef struct {
    double seconds[MOST_ROUNDS], processor[MOST_ROUNDS];
    double start[MOST_ROUNDS], start_processor[MOST_ROUNDS];
    double peer_seconds[MOST_ROUNDS], peer_processor[MOST_ROUNDS];
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

/* A matrix is one head. */
static void run_work(const batch_work *work, size_t heads, bool causal,
                     double *seconds, double *processor, double *peak)
{
    char out[COMMAND_PATH];
    const char *words[COMMAND_WORDS] = {
        "--layout", heads > 1 ? "hnd" : "nd", "--quiet", "--q", q_path, "--k",
        k_path};
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

/* base: wall and processor time of the first work. */
static void print_times(const batch_work *work, size_t heads, size_t n,
                        size_t d, bool causal, size_t rounds, batch_times *t,
                        double base[2])
{
    double seconds = median(t->seconds, rounds);
    double processor = median(t->processor, rounds);
    double start = median(t->start, rounds);
    double start_processor = median(t->start_processor, rounds);
    double peer = median(t->peer_seconds, rounds);
    double peer_processor = median(t->peer_processor, rounds);
    if (work == works) {
        base[0] = seconds;
        base[1] = processor;
    }
    printf("%s,%zu,%zu,%zu,%d,%.4g,%.4g,%.3g,%.3g,%.3g,%.3g,%s,%.4g,%.4g,%.3g,"
           "%.3g,%.0f\n",
           work->name, heads, n, d, causal, seconds, processor, start,
           start_processor, seconds / base[0], processor / base[1],
           work->peer ? work->peer : "", peer, peer_processor,
           peer / (seconds - start),
           peer_processor / (processor - start_processor), t->peak);
    fflush(stdout);
}

/* One command and its peer. */
static void run_pair(const batch_work *work, size_t heads, bool causal,
                     size_t round, peer_process *peer, batch_times *t)
{
    static const char *const version[] = {"--version", NULL};
    run_work(work, heads, causal, &t->seconds[round], &t->processor[round],
             &t->peak);
    t->start[round] = time_tool(work->tool, version, 1, NULL);
    t->start_processor[round] = command_cpu;
    t->peer_seconds[round] = t->peer_processor[round] = NAN;
    if (work->peer)
        ask_peer(peer, work->peer, causal, &t->peer_seconds[round],
                 &t->peer_processor[round]);
}

static void bench(size_t heads, size_t n, size_t d, bool causal)
{
    static batch_times times[WORKS];
    double base[2] = {NAN, NAN};
    size_t rounds = heads > 1 ? 3 : MOST_ROUNDS;
    peer_process peer = start_peers(peers, scratch);
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < WORKS; i++)
            if (heads > 1 || works[i].single)
                run_pair(&works[i], heads, causal, round, &peer, &times[i]);
    stop_peers(&peer);
    for (size_t i = 0; i < WORKS; i++)
        if (heads > 1 || works[i].single)
            print_times(&works[i], heads, n, d, causal, rounds, &times[i],
                        base);
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
    static const size_t sizes[][3] = {{512, 256, 64}, {256, 512, 64},
                                      {64, 1024, 64}, {64, 2048, 128},
                                      {1, 512, 64},   {1, 1024, 64}};
    read_arguments(argc, argv);
    puts("work,heads,n,d,causal,seconds,cpu_seconds,start_seconds,"
         "start_cpu_seconds,to_entropy,cpu_to_entropy,peer,"
         "peer_seconds,peer_cpu_seconds,peer_ratio,peer_cpu_ratio,"
         "peak_mib");
    fflush(stdout);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_batch(sizes[i][0], sizes[i][1], sizes[i][2]);
        for (int causal = 0; causal < 2; causal++)
            bench(sizes[i][0], sizes[i][1], sizes[i][2], causal);
    }
    return 0;
}
