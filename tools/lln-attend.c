/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-attend: what attention does, values in, their averages out. */
#include "attend.h"
#include "run.h"

static const cli_option table[] = {
    {"v", 0, CLI_TEXT, "FILE[:KEY]", "values, as --q and --k", &run_shared.v, 0,
     0, false},
    {"key-v", 0, CLI_TEXT, "KEY",
     "names of the arrays of values (as those of queries, with v for q)",
     &run_shared.key_v, 0, 0, false},
    {0},
};

static const cli_tool tool = {
    .name = "lln-attend",
    .summary = "values averaged by attention",
    .options = table,
    .shared = run_shared_options,
};

int main(int argc, char **argv)
{
    run_shared.kernels = "lln";
    run_shared.values = true;
    run_parse(&tool, argc, argv);
    return attend_write();
}
