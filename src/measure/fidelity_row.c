/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/fidelity_row.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/vector_math.h"
#include "measure/row_pair.h"

/* Sums over one row. */
typedef struct {
    double sum;             /* of P */
    double divergence;      /* of R ln(R/P) + P - R where both are positive */
    double rest;            /* of P where R is not positive */
    double positive, lost;  /* of R > 0: all, and where P is not positive */
    double distance;        /* of |P - R| */
    double error2, square2; /* of (P - R)^2 and R^2 */
    double missing;         /* entries with P = 0 < R */
    double negative;        /* entries with P < 0 or R < 0 */
} entry_sums;

/* Entries that are not positive are replaced by 1, to avoid logarithms of 0. */
LLN_CLONES static entry_sums add_entries(const double *p, const double *r,
                                         size_t m)
{
    double sum = 0, divergence = 0, rest = 0, positive = 0, lost = 0;
    double distance = 0, error2 = 0, square2 = 0, missing = 0, negative = 0;
#pragma omp simd reduction(+ : sum, divergence, rest, positive, lost,          \
                               distance, error2, square2, missing, negative)
    for (size_t j = 0; j < m; j++) {
        double difference = p[j] - r[j];
        double mass = r[j] > 0 ? r[j] : 0;
        double kept = p[j] > 0 ? mass : 0;
        double a = kept > 0 ? r[j] : 1, b = kept > 0 ? p[j] : 1;
        sum += p[j];
        divergence += a * (lln_log_f64(a) - lln_log_f64(b)) + (b - a);
        rest += kept > 0 ? 0 : p[j];
        positive += mass;
        lost += mass - kept;
        distance += fabs(difference);
        error2 += difference * difference;
        square2 += r[j] * r[j];
        missing += mass > kept ? 1 : 0;
        negative += p[j] < 0 || r[j] < 0 ? 1 : 0;
    }
    return (entry_sums){sum,      divergence, rest,    positive, lost,
                        distance, error2,     square2, missing,  negative};
}

static double divergence_of(const entry_sums *sums)
{
    if (sums->negative > 0)
        return NAN;
    /* Rounding could make the sum negative; its terms are not. */
    return sums->missing > 0 ? INFINITY
                             : fmax(sums->divergence + sums->rest, 0);
}

/* Finds the `top` largest positive entries of x [m], or all if there are fewer:
 * their indices, largest first, the lower index first among equal entries.
 * Returns their number. */
static size_t find_top(const double *x, size_t m, size_t top, size_t *keys)
{
    size_t count = 0;
    for (size_t j = 0; j < m; j++) {
        if (!(x[j] > 0) || (count == top && x[j] <= x[keys[count - 1]]))
            continue;
        size_t at = count < top ? count++ : count - 1;
        for (; at > 0 && x[j] > x[keys[at - 1]]; at--)
            keys[at] = keys[at - 1];
        keys[at] = j;
    }
    return count;
}

static double share_of(const size_t *keys, size_t count, const size_t *found,
                       size_t found_count)
{
    size_t common = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < found_count; b++)
            common += keys[a] == found[b];
    return count > 0 ? (double)common / (double)count : NAN;
}

static double sum_over(const double *r, const size_t *keys, size_t count)
{
    double sum = 0;
    for (size_t a = 0; a < count; a++)
        sum += r[keys[a]];
    return sum;
}

/* (Concordant - discordant) / all pairs of keys with different entries in R;
 * keys are in descending order of r. */
static double order_of(const double *p, const double *r, const size_t *keys,
                       size_t count)
{
    double pairs = 0, agreement = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++) {
            double larger = p[keys[a]], smaller = p[keys[b]];
            if (r[keys[a]] == r[keys[b]])
                continue;
            pairs++;
            agreement += (larger > smaller) - (larger < smaller);
        }
    return pairs > 0 ? agreement / pairs : NAN;
}

/* Sets the fields that compare outputs. */
static void compare_outputs(const double *pv, const double *rv, size_t columns,
                            lln_fidelity_row *row)
{
    double product = 0, square = 0;
    for (size_t c = 0; c < columns; c++) {
        double difference = pv[c] - rv[c];
        row->error2 += difference * difference;
        row->output2 += rv[c] * rv[c];
        square += pv[c] * pv[c];
        product += pv[c] * rv[c];
    }
    double norm = sqrt(square) * sqrt(row->output2);
    row->cosine = norm > 0 ? product / norm : NAN;
}

lln_fidelity_row lln_fidelity_row_from_entries(const double *p, const double *r,
                                               size_t m, const double *pv,
                                               const double *rv, size_t columns,
                                               size_t top)
{
    size_t keys[LLN_FIDELITY_TOP], found[LLN_FIDELITY_TOP];
    entry_sums sums = add_entries(p, r, m);
    size_t count = find_top(r, m, top, keys);
    size_t found_count = find_top(p, m, top, found);
    lln_row_pair pair = lln_row_pair_from_entries(p, r, m, 0);
    lln_fidelity_row row = {
        .divergence = divergence_of(&sums),
        .lost = sums.positive > 0 ? sums.lost / sums.positive : NAN,
        .sum = sums.sum,
        .sum_error = fabs(1 - sums.sum),
        .variation = sums.distance / 2,
        .overlap = share_of(keys, count, found, found_count),
        .order = order_of(p, r, keys, count),
        .recall = sum_over(r, found, found_count),
        .js = pair.js,
        .hellinger = pair.hellinger,
        .entry_cosine = pair.cosine,
        .entry_error2 = sums.error2,
        .entry2 = sums.square2,
    };
    compare_outputs(pv, rv, columns, &row);
    return row;
}
