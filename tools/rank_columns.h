/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The columns of the group `rank` of lln-spectral: ranks of P and of the
 * logits. */
#ifndef LLN_TOOLS_RANK_COLUMNS_H
#define LLN_TOOLS_RANK_COLUMNS_H

#include "columns.h"
#include "measure/logit_ranks.h"
#include "measure/ranks.h"
#include "plan.h"

typedef struct {
    lln_ranks p;
    lln_logit_ranks logits;
} rank_record;

#define RANK_GROUP "rank"

/* Passes of these columns; the tool uses the bits below. */
enum { RANK_SHIFT = 8, PASS_LOGIT_RANKS = 1 << 20 };
#define RANK_PASS(what) ((unsigned)LLN_RANKS_##what << RANK_SHIFT)

#define RANK_COLUMN(record, field, name, pass)                                 \
    RECORD_REAL(record, field, name, RANK_GROUP, pass)
#define RANK_COLUMNS(record, field)                                            \
    RANK_COLUMN(record, field.p.sigma1, "sigma1", RANK_PASS(SIGMA1)),          \
        RANK_COLUMN(record, field.p.sigma2, "sigma2", RANK_PASS(SIGMA2)),      \
        RANK_COLUMN(record, field.p.stable_rank, "stable_rank",                \
                    RANK_PASS(STABLE)),                                        \
        RANK_COLUMN(record, field.p.rank90, "rank90", RANK_PASS(90)),          \
        RANK_COLUMN(record, field.p.rank90_least, "rank90_least",              \
                    RANK_PASS(STABLE)),                                        \
        RANK_COLUMN(record, field.p.columns90, "columns90",                    \
                    RANK_PASS(COLUMNS)),                                       \
        RANK_COLUMN(record, field.p.entropy_rank, "entropy_rank",              \
                    RANK_PASS(ENTROPY)),                                       \
        RANK_COLUMN(record, field.logits.row.stable_rank, "logit_stable_rank", \
                    PASS_LOGIT_RANKS),                                         \
        RANK_COLUMN(record, field.logits.row.rank90, "logit_rank90",           \
                    PASS_LOGIT_RANKS),                                         \
        RANK_COLUMN(record, field.logits.both.stable_rank,                     \
                    "logit_stable_rank_both", PASS_LOGIT_RANKS),               \
        RANK_COLUMN(record, field.logits.both.rank90, "logit_rank90_both",     \
                    PASS_LOGIT_RANKS),                                         \
        RANK_COLUMN(record, field.logits.plain.stable_rank,                    \
                    "logit_stable_rank_uncentered", PASS_LOGIT_RANKS),         \
        RANK_COLUMN(record, field.logits.plain.rank90,                         \
                    "logit_rank90_uncentered", PASS_LOGIT_RANKS)

/* Computes what the passes of the case ask for. Notes which values are missing,
 * for rank_columns_explain. Several threads call it at once. */
LLN_NODISCARD lln_status rank_columns_measure(const run_case *c,
                                              rank_record *out);

/* Warns why values are missing, once for each kind; returns `status`. */
int rank_columns_explain(int status);

#endif
