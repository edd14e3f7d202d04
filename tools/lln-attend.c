/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-attend: what attention does, values in, their averages out. */
#include "attend.h"
#include "run.h"

static const cli_option table[] = {{0}};

static const cli_tool tool = {
    .name = "lln-attend",
    .summary = "values averaged by attention",
    .options = table,
    .shared = run_shared_options,
};

/* Shared options about the rows of a table. */
static const char *const idle[] = {"aggregate", NULL};

int main(int argc, char **argv)
{
    run_shared.kernels = "lln";
    run_parse(&tool, argc, argv);
    const char *name = cli_first_given(idle);
    if (name)
        cli_usage("--%s: no table is written here", name);
    return attend_write();
}
