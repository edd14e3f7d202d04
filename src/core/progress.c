/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/progress.h"

atomic_size_t lln_rows_done, lln_rows_begun, lln_products_done, lln_draws_done;
