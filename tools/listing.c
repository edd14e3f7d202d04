/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

#include "message.h"
#include "options.h"
#include "output.h"

void run_table_comment(FILE *out, bool sampled)
{
    fprintf(out, "# %s %s\n# command: ", cli_name(), LLN_VERSION);
    cli_print_command(out);
    putc('\n', out);
    if (sampled)
        fprintf(out, "# seed: %zu\n", run_shared.seed);
}

lln_table_style run_table_style(void)
{
    lln_table_style style = {.precision = (int)run_shared.precision,
                             .header = !run_shared.no_header};
    cli_check(lln_table_format_find(run_shared.format, &style.format));
    return style;
}

int run_table_finish_early(size_t written, size_t total, const char *unit)
{
    if (written == 0)
        cli_discard();
    (void)cli_finish(); /* says what fails; so does this */
    cli_warn("interrupted: %zu of %zu %s written", written, total, unit);
    return CLI_FAILED;
}

lln_table *run_table_open(const lln_column *columns)
{
    size_t count = 0;
    while (columns[count].name)
        count++;
    FILE *out = cli_output(run_shared.output);
    if (run_shared.comments)
        run_table_comment(out, false);
    lln_table *table = lln_table_alloc(out, columns, count, run_table_style());
    if (!table)
        cli_fail("out of memory");
    return table;
}

int run_table_close(lln_table *table)
{
    cli_check_output(lln_table_end(table));
    lln_table_free(table);
    return cli_finish();
}

int run_table_close_early(lln_table *table, size_t written, size_t total)
{
    cli_check_output(lln_table_end(table));
    lln_table_free(table);
    return run_table_finish_early(written, total, "rows");
}
