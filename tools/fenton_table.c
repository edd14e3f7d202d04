/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fenton_table.h"

#include <stdlib.h>

#include "core/threads.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "selection.h"
#include "signals.h"
#include "theory/fenton_accuracy.h"

/* A row of --fenton. */
typedef struct {
    long d;
    double s2;
    lln_theory_accuracy accuracy;
} fenton_record;

#define ACCURACY(field)                                                        \
    RECORD_REAL(fenton_record, accuracy.field, #field, COLUMNS_DEFAULT, 0)

static const record_column fenton_columns[] = {
    RECORD_INTEGER(fenton_record, d, "d", COLUMNS_ID, 0),
    RECORD_REAL(fenton_record, s2, "s2", COLUMNS_ID, 0),
    ACCURACY(exact_mean),
    ACCURACY(exact_variance),
    ACCURACY(fenton_mean),
    ACCURACY(fenton_variance),
    ACCURACY(variance_error),
    ACCURACY(log_variance_row),
    ACCURACY(log_variance),
    ACCURACY(fenton_row_variance),
    ACCURACY(paper_line),
    {0},
};

/* Writes the row for one s2. */
static void write_fenton_row(listing *out, double s2)
{
    fenton_record record = {.d = (long)run_shared.dim, .s2 = s2};
    cli_check(lln_theory_fenton_accuracy(run_shared.dim, s2, &record.accuracy));
    listing_put(out, &record);
}

void fenton_table_absent(void)
{
    columns_elsewhere(fenton_columns, "fenton");
}

int fenton_table_write(const char *s2)
{
    listing_refuse_heads("fenton");
    lln_number_list list = number_list_read("s2", s2);
    listing out =
        listing_open((record_type){fenton_columns, sizeof(fenton_record)});
    size_t rows = 0;
    signals_catch();
    for (; rows < list.count && !lln_stop_requested; rows++)
        write_fenton_row(&out, list.values[rows]);
    free(list.values);
    if (rows < list.count)
        listing_close_early(&out, rows, list.count);
    return listing_close(&out);
}
