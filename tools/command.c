/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "config.h"
#include "config_show.h"
#include "core/processor.h"
#include "options.h"
#include "output.h"
#include "selection.h"
#include "source_checks.h"
#include "sources.h"
#include "tensor/mapping.h"

/* By default, the threads of libgomp spin between parallel regions. On a busy
 * machine this costs ten times the work (measured: 1 s became 7 to 25 s at load
 * 6); on an idle one it gains nothing here. OpenBLAS starts threads that are
 * never used, each with 128 MiB of address space. On a processor that it does
 * not recognise, it uses slow matrix products. Both libraries read their
 * environment when they are loaded, so the command starts itself once more. */
static void prepare_libraries(char **argv)
{
    char path[4096];
    bool waits = getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT");
    const char *core =
        getenv("OPENBLAS_CORETYPE") ? NULL : lln_processor_better_core();
    if (waits && getenv("OPENBLAS_NUM_THREADS") && !core)
        return;
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length <= 0 ||
        (!waits && setenv("OMP_WAIT_POLICY", "passive", 1) != 0) ||
        setenv("OPENBLAS_NUM_THREADS", "1", 0) != 0 ||
        (core && setenv("OPENBLAS_CORETYPE", core, 1) != 0))
        return;
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    if (!name || strcmp(name + 1, program_invocation_short_name) != 0)
        return;        /* started by way of another program */
    execv(path, argv); /* if that fails, go on as we are */
}

/* If a descriptor below 3 is closed, the next file that is opened would get it,
 * and messages or rows would be written there. The descriptors opened here
 * instead fail like closed ones. */
static void reserve_descriptors(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0)
            (void)open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static void mend_mapping(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    if (lln_mapping_mend(info->si_addr))
        return;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* If a mapped file is shortened, lln_mappings_check detects it; the process
 * does not end by SIGBUS. */
static void survive_shorter_files(void)
{
    struct sigaction action = {.sa_sigaction = mend_mapping,
                               .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

/* Keeps freed memory for the next head. With the defaults of malloc it may be
 * returned to the system after each head, and its pages are cleared again: 12 %
 * of the time at 256 tokens. */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

void command_start(const cli_tool *tool, int argc, char **argv)
{
    reserve_descriptors();
    survive_shorter_files();
    if (complete_asked(argc, argv))
        complete_answer(tool, &argc, &argv);
    else
        prepare_libraries(argv);
    keep_freed_memory();
    options_parse(tool, argc, argv);
}

void command_parse(const cli_tool *tool, int argc, char **argv)
{
    command_start(tool, argc, argv);
    if (run_shared.list_kernels) {
        kernel_list_print();
        exit(cli_finish());
    }
    sources_check_pipes();
    config_read();
    if (run_shared.show_config) {
        options_check();
        exit(config_show());
    }
    sources_check();
    options_check();
    if (run_shared.list)
        exit(sources_list());
}
