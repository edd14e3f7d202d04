/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/mask_look.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/mask_file.h"

enum { ROWS = 64, NAME = 1100 };

static const double low_number = -1e4;

/* What was found. */
typedef struct {
    bool zero, one, other;
    double low;
} numbers;

static void look(const double *row, size_t m, numbers *found)
{
    for (size_t j = 0; j < m; j++) {
        found->zero = found->zero || row[j] == 0;
        found->one = found->one || row[j] == 1;
        found->other = found->other || (row[j] != 0 && row[j] != 1);
        if (isfinite(row[j]) && row[j] < found->low)
            found->low = row[j];
    }
}

static lln_status look_at_rows(const lln_head *head, const lln_logit_grid *grid,
                               numbers *found)
{
    size_t n = head->q.rows, m = head->k.rows;
    size_t count = n < ROWS ? n : ROWS;
    const lln_logit_bias bias = {.mask = grid};
    double *row = lln_array_alloc(m, sizeof *row);
    if (!row)
        return LLN_ENOMEM;
    for (size_t r = 0; r < count; r++) {
        size_t i = count > 1 ? r * (n - 1) / (count - 1) : 0;
        memset(row, 0, m * sizeof *row);
        lln_logit_bias_add(&bias, i, 0, 0, m, row);
        look(row, m, found);
    }
    free(row);
    return LLN_OK;
}

lln_status lln_mask_look(const char *place, const lln_head *head,
                         lln_mask_doubt *doubt)
{
    char name[NAME];
    lln_mask_file *mask;
    lln_logit_grid grid;
    numbers found = {.low = 0};
    *doubt = (lln_mask_doubt){.low = 0};
    LLN_TRY(lln_mask_file_open(place, &mask));
    lln_status status =
        lln_mask_file_find(mask, head, name, sizeof name, &grid);
    if (status == LLN_OK && !grid.flags)
        status = look_at_rows(head, &grid, &found);
    lln_mask_file_close(mask);
    doubt->flags = found.zero && found.one && !found.other;
    doubt->low = found.low <= low_number ? found.low : 0;
    return status;
}
