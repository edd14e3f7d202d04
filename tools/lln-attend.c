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

int main(int argc, char **argv)
{
    run_shared.kernels = "lln";
    run_parse(&tool, argc, argv);
    return attend_write();
}
