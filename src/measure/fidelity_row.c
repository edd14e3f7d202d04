/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/fidelity_row.h"

#include <math.h>

#include "core/vector_math.h"

/* Sums over one row. */
typedef struct {
    double sum;            /* of P */
    double divergence;     /* of R ln(R/P) + P - R where both are positive */
    double rest;           /* of P where R is not positive */
    double positive, lost; /* of R > 0: all, and where P is not positive */
    double missing;        /* entries with P = 0 < R */
    double negative;       /* entries with P < 0 or R < 0 */
} entry_sums;

/* Entries that are not positive are replaced by 1, to avoid logarithms of 0. */
LLN_CLONES static entry_sums add_entries(const double *p, const double *r,
                                         size_t m)
{
    double sum = 0, divergence = 0, rest = 0, positive = 0, lost = 0;
    double missing = 0, negative = 0;
#pragma omp simd reduction(+ : sum, divergence, rest, positive, lost, missing, \
                               negative)
    for (size_t j = 0; j < m; j++) {
        double mass = r[j] > 0 ? r[j] : 0;
        double kept = p[j] > 0 ? mass : 0;
        double a = kept > 0 ? r[j] : 1, b = kept > 0 ? p[j] : 1;
        sum += p[j];
        divergence += a * (lln_log_f64(a) - lln_log_f64(b)) + (b - a);
        rest += kept > 0 ? 0 : p[j];
        positive += mass;
        lost += mass - kept;
        missing += mass > kept ? 1 : 0;
        negative += p[j] < 0 || r[j] < 0 ? 1 : 0;
    }
    return (entry_sums){sum,  divergence, rest,    positive,
                        lost, missing,    negative};
}

static double divergence_of(const entry_sums *sums)
{
    if (sums->negative > 0)
        return NAN;
    /* Rounding could make the sum negative; its terms are not. */
    return sums->missing > 0 ? INFINITY
                             : fmax(sums->divergence + sums->rest, 0);
}

/* Finds the `top` largest positive entries of x [m], or all if there are fewer.
 * Returns their number. */
static size_t find_top(const double *x, size_t m, size_t top, size_t *keys)
{
    size_t count = m > 0 ? lln_row_top_f64(x, m, top < m ? top : m, keys) : 0;
    while (count > 0 && !(x[keys[count - 1]] > 0))
        count--;
    return count;
}

/* What the top keys say. */
static void compare_top(const double *p, const double *r, size_t m, size_t top,
                        lln_fidelity_row *row)
{
    size_t keys[LLN_ROW_TOP], found[LLN_ROW_TOP];
    double in_p[LLN_ROW_TOP] = {0}, in_r[LLN_ROW_TOP] = {0};
    size_t count = find_top(r, m, top, keys);
    size_t found_count = find_top(p, m, top, found);
    for (size_t a = 0; a < count; a++) {
        in_p[a] = p[keys[a]];
        in_r[a] = r[keys[a]];
    }
    size_t common = lln_row_common(keys, count, found, found_count);
    row->overlap = count > 0 ? (double)common / (double)count : NAN;
    row->order = lln_row_order(in_p, in_r, count);
    row->recall = 0;
    for (size_t a = 0; a < found_count; a++)
        row->recall += r[found[a]];
}

void lln_fidelity_row_outputs(const double *pv, const double *rv,
                              size_t columns, lln_fidelity_row *row)
{
    lln_row_pair pair;
    lln_row_pair_outputs(LLN_FLOAT64, pv, rv, columns, &pair);
    row->cosine = pair.output_cosine;
    row->error2 = pair.error2;
    row->output2 = pair.output2;
}

/* The fields that both comparisons of rows have. */
static lln_fidelity_row from_pair(const lln_row_pair *pair, double sum)
{
    return (lln_fidelity_row){
        .sum = sum,
        .sum_error = fabs(1 - sum),
        .variation = pair->distance / 2,
        .overlap = pair->overlap,
        .order = pair->order,
        .recall = pair->recall,
        .js = pair->js,
        .hellinger = pair->hellinger,
        .entry_cosine = pair->cosine,
        .cosine = NAN,
        .entry_error2 = pair->distance2,
        .entry2 = pair->other,
    };
}

lln_fidelity_row lln_fidelity_row_from_pair(const lln_row_pair *pair,
                                            double of_p, double of_r)
{
    lln_fidelity_row row = from_pair(pair, of_p);
    /* R = of_r r, P = of_p p: sum_j R ln(r/p) + R ln(of_r/of_p) + P - R */
    row.divergence = of_r * pair->kl_reverse +
                     fmax(of_r * log(of_r / of_p) + (of_p - of_r), 0);
    row.lost = 0;
    return row;
}

lln_fidelity_row lln_fidelity_row_from_entries(const double *p, const double *r,
                                               size_t m, size_t top)
{
    entry_sums sums = add_entries(p, r, m);
    lln_row_pair pair = lln_row_pair_from_entries(p, r, m, 0);
    lln_fidelity_row row = from_pair(&pair, sums.sum);
    row.divergence = divergence_of(&sums);
    row.lost = sums.positive > 0 ? sums.lost / sums.positive : NAN;
    compare_top(p, r, m, top, &row);
    return row;
}
