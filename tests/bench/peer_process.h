/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A Python program that answers lines, so that its work and ours can be timed
 * in turn. */
#ifndef LLN_TESTS_BENCH_PEER_PROCESS_H
#define LLN_TESTS_BENCH_PEER_PROCESS_H

#include "commands.h"

typedef struct {
    pid_t child;
    FILE *ask, *answer;
    double peak; /* MiB, after stop_peers */
} peer_process;

static inline void open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        must(lln_fail(LLN_EIO, "no pipe"));
}

static inline peer_process start_peers(const char *script, const char *argument)
{
    int to[2], from[2];
    open_pipe(to);
    open_pipe(from);
    peer_process peer = {.child = fork()};
    if (peer.child == 0) {
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl("/usr/bin/python3", "python3", script, argument, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    peer.ask = fdopen(to[1], "w");
    peer.answer = fdopen(from[0], "r");
    return peer;
}

static inline void stop_peers(peer_process *peer)
{
    struct rusage usage;
    fclose(peer->ask);
    fclose(peer->answer);
    wait4(peer->child, NULL, 0, &usage);
    peer->peak = (double)usage.ru_maxrss / 1024;
}

/* Asks a line that answers with two numbers; NaN: the peer has ended. */
static inline void ask_line(peer_process *peer, const char *question,
                            double *first, double *second)
{
    char line[256] = "nan nan", *rest = line;
    fprintf(peer->ask, "%s\n", question);
    fflush(peer->ask);
    if (!fgets(line, sizeof line, peer->answer))
        snprintf(line, sizeof line, "nan nan");
    *first = strtod(rest, &rest);
    *second = strtod(rest, NULL);
}

#endif
