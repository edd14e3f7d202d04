/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pty [-i SECONDS] [-t TEXT] COMMAND [ARGUMENT]...: runs a command on its own
 * terminal, as a shell does, and copies to stdout what the terminal would show.
 * -i types Ctrl-C once, after SECONDS; -t types a short TEXT at the beginning.
 * The exit status is that of the command, or 128 + the signal that ended it. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CTRL_C = 3, FAILED = 127 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Copies until the command has closed the terminal, which then reads as EIO. */
static void copy_output(int terminal, double interrupt_at)
{
    char bytes[4096];
    for (;;) {
        double left = interrupt_at - now();
        struct pollfd wait = {.fd = terminal, .events = POLLIN};
        int ready = poll(&wait, 1, left > 0 ? (int)(1000 * left) + 1 : -1);
        if (ready < 0 && errno != EINTR)
            return;
        if (interrupt_at > 0 && now() >= interrupt_at) {
            const char typed = CTRL_C;
            if (write(terminal, &typed, 1) != 1)
                return;
            interrupt_at = 0;
        }
        if (ready <= 0)
            continue;
        ssize_t count = read(terminal, bytes, sizeof bytes);
        if (count <= 0 || write(STDOUT_FILENO, bytes, (size_t)count) != count)
            return;
    }
}

int main(int argc, char **argv)
{
    double interrupt_at = 0;
    const char *typed = "";
    int option, terminal, status;
    while ((option = getopt(argc, argv, "+i:t:")) != -1)
        if (option == 'i')
            interrupt_at = now() + strtod(optarg, NULL);
        else if (option == 't')
            typed = optarg;
        else
            return FAILED;
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child < 0 || optind == argc)
        return FAILED;
    if (child == 0) {
        signal(SIGINT, SIG_DFL); /* in the background they are ignored */
        signal(SIGQUIT, SIG_DFL);
        execvp(argv[optind], argv + optind);
        perror(argv[optind]);
        _exit(FAILED);
    }
    ssize_t length = (ssize_t)strlen(typed);
    if (write(terminal, typed, (size_t)length) != length)
        return FAILED;
    copy_output(terminal, interrupt_at);
    if (waitpid(child, &status, 0) != child)
        return FAILED;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
