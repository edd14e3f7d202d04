/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The lines of lln-entropy --summary. */
#ifndef LLN_TOOLS_SUMMARY_LINES_H
#define LLN_TOOLS_SUMMARY_LINES_H

#include "measure/duplicates.h"
#include "measure/summary.h"
#include "plan.h"

/* The row of --summary: what was found, and the heads that it names, whose
 * numbers are NaN if there is no such head. */
typedef struct {
    lln_summary found;
    lln_summary_thresholds thresholds;
    size_t local_keys; /* the value of --local */
    size_t undefined;  /* heads without an entropy */
    lln_head_summary lowest[LLN_SUMMARY_EXTREMES],
        highest[LLN_SUMMARY_EXTREMES];
    lln_head_summary sink, local, distant, logit; /* with the largest values */
    lln_duplicates_found duplicates;
    lln_head_summary closest[2]; /* the closest pair of heads */
} summary_record;

/* Writes the lines; a run_show. An empty line precedes all but the first. */
void summary_lines_write(FILE *out, const row_identity *identity,
                         const void *record);

#endif
