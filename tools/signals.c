/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signals.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "core/threads.h"

static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
static const int fatal[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                            SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2};

static void (*clean_up)(void);     /* NULL: nothing to do */
static struct timespec first_stop; /* when the first signal came */

/* In a handler, the signal is blocked until the handler returns; the process
 * ends then. */
static void die(int signal_number)
{
    if (clean_up)
        clean_up();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* timeout(1) sends its signal twice: to the process and to its group. A signal
 * within 0.5 s of the first is part of the same request. */
static void stop(int signal_number)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!lln_stop_requested)
        first_stop = now;
    else if (1000 * (now.tv_sec - first_stop.tv_sec) +
                 (now.tv_nsec - first_stop.tv_nsec) / 1000000 >
             500)
        die(signal_number);
    if (!lln_stop_requested)
        lln_stop_requested = signal_number;
    signal(SIGPIPE,
           SIG_IGN); /* the command ended by this signal, for the shell, even if
                        the reader of a pipe has ended first */
}

/* Sets a handler, unless the caller of the process ignores the signal (nohup,
 * &). */
static void handle(int signal_number, void (*handler)(int))
{
    struct sigaction before, action = {.sa_handler = handler};
    if (sigaction(signal_number, NULL, &before) == 0 &&
        before.sa_handler == SIG_IGN)
        return;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal_number, &action, NULL);
}

void signals_catch(void)
{
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        handle(stopping[i], stop);
}

void signals_release(void)
{
    for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++)
        handle(stopping[i], SIG_DFL);
    if (lln_stop_requested)
        signals_end_process();
}

void signals_end_process(void)
{
    int number = lln_stop_requested;
    sigset_t one;
    die(number);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    _exit(128 + number); /* process 1 of a container survives the signal */
}

void signals_call_at_end(void (*clean)(void))
{
    clean_up = clean;
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        handle(fatal[i], die);
}
