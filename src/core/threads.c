/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/threads.h"

#include <cblas.h>
#include <omp.h>

volatile sig_atomic_t lln_stop_requested;
atomic_size_t lln_rows_done, lln_rows_begun, lln_products_done;

lln_status lln_threads_check_stop(void)
{
    return lln_stop_requested ? lln_fail(LLN_EINTERRUPTED, "interrupted")
                              : LLN_OK;
}

void lln_threads_set(int count)
{
    int most = omp_get_num_procs();
    omp_set_num_threads(count > 0 && count < most ? count : most);
    openblas_set_num_threads(1);
}

int lln_threads_count(void)
{
    return omp_get_max_threads();
}
