/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "theory/softmax_theory.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "theory/lognormal_sum.h"
#include "theory/sum_row.h"

enum { NODES = 40 }; /* at most */

/* Nodes with less weight than this do not change any digit of a mean. */
static const double LIGHTEST = 1e-18;

typedef struct {
    size_t nodes;
    double node[NODES], weight[NODES];
} gauss_rule;

/* Results for rows of the nodes; see the header for names. */
typedef struct {
    size_t count;
    double weight[NODES], log_norm[NODES], log_norm_variance[NODES];
    double entropy[NODES]; /* without ln Z */
    double concentration[NODES];
} node_rows;

/* One step of the QL algorithm with implicit shift on rows first .. last of a
 * symmetric tridiagonal matrix: diagonal d, below it e; z is turned with it. */
static void turn_rows(double *d, double *e, double *z, size_t first,
                      size_t last)
{
    double g = (d[first + 1] - d[first]) / (2 * e[first]);
    double r = sqrt(g * g + 1), sine = 1, cosine = 1, p = 0;
    g = d[last] - d[first] + e[first] / (g + copysign(r, g));
    for (size_t i = last; i-- > first;) {
        double f = sine * e[i], b = cosine * e[i], old = z[i + 1];
        r = sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r == 0) { /* it falls apart here */
            d[i + 1] -= p;
            e[last] = 0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * r;
        d[i + 1] = g + p;
        g = cosine * r - b;
        z[i + 1] = sine * z[i] + cosine * old;
        z[i] = cosine * z[i] - sine * old;
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

/* The eigenvalues of the matrix in d, and in z the first components of its
 * eigenvectors, if z was the first unit vector. False: no convergence. */
static bool find_eigenvalues(size_t count, double *d, double *e, double *z)
{
    enum { MOST = 60 };
    for (size_t first = 0; first < count; first++)
        for (int step = 0;; step++) {
            size_t last = first;
            while (last + 1 < count &&
                   fabs(e[last]) >
                       DBL_EPSILON * (fabs(d[last]) + fabs(d[last + 1])) / 2)
                last++;
            if (last == first)
                break;
            if (step == MOST)
                return false;
            turn_rows(d, e, z, first, last);
        }
    return true;
}

/* The number of nodes for values within 1e-13 of those of 64 nodes: where the
 * variance of the logits depends little on the query, a few suffice. */
static size_t count_nodes(size_t n, size_t d, double sigma)
{
    double s2 = sigma * sigma, features = (double)d;
    if (n < 64 || d < 8)
        return NODES;
    if (s2 <= features / 48)
        return 12;
    if (s2 <= features / 16)
        return 16;
    return s2 <= features / 6 ? 24 : NODES;
}

/* Gauss rule for the mean over chi^2_d / 2: the nodes are the eigenvalues of
 * the Jacobi matrix of the Laguerre polynomials with alpha = d/2 - 1, the
 * weights the squared first components of its eigenvectors.
 * gsl_integration_fixed has the same rule, but its weights sum to Gamma(d/2),
 * which overflows at d = 344. */
static lln_status laguerre_rule(size_t d, size_t nodes, gauss_rule *rule)
{
    double below[NODES] = {0}, first[NODES] = {1}, alpha = (double)d / 2 - 1;
    rule->nodes = nodes;
    for (size_t k = 0; k < nodes; k++) {
        double index = (double)k;
        rule->node[k] = 2 * index + 1 + alpha;
        if (k > 0)
            below[k - 1] = sqrt(index * (index + alpha));
    }
    if (!find_eigenvalues(nodes, rule->node, below, first))
        return lln_fail(LLN_ENOCONV,
                        "Gauss-Laguerre rule for d = %zu: no eigenvalues", d);
    for (size_t k = 0; k < nodes; k++)
        rule->weight[k] = first[k] * first[k];
    return LLN_OK;
}

static lln_status add_row(lln_sum_workspace *workspace, size_t n, double v,
                          double weight, node_rows *rows)
{
    lln_sum_row_values row;
    LLN_TRY(lln_sum_row(workspace, n, sqrt(v), &row));
    size_t k = rows->count++;
    rows->weight[k] = weight;
    rows->log_norm[k] = row.cumulants[0];
    rows->log_norm_variance[k] = row.cumulants[1];
    rows->concentration[k] = row.concentration;
    rows->entropy[k] = -v * (1 - row.concentration);
    return LLN_OK;
}

static lln_status add_rows(lln_sum_workspace *workspace, size_t n, size_t d,
                           double sigma, node_rows *rows)
{
    gauss_rule rule;
    LLN_TRY(laguerre_rule(d, count_nodes(n, d, sigma), &rule));
    for (size_t k = 0; k < rule.nodes; k++) {
        double v = 2 * sigma * sigma * rule.node[k] / (double)d;
        if (rule.weight[k] < LIGHTEST)
            continue;
        if (v > LLN_THEORY_S2_MAX)
            return lln_fail(LLN_EINVAL,
                            "sigma %g: the logits of some rows have variance "
                            "%g, expected at most %g",
                            sigma, v, LLN_THEORY_S2_MAX);
        LLN_TRY(add_row(workspace, n, v, rule.weight[k], rows));
    }
    return LLN_OK;
}

/* Mean over the nodes. */
static double average_nodes(const node_rows *rows, const double *values)
{
    double weight = 0, sum = 0;
    for (size_t k = 0; k < rows->count; k++) {
        weight += rows->weight[k];
        sum += rows->weight[k] * values[k];
    }
    return sum / weight;
}

/* Mean squared distance from the mean; 0 if it is below the rounding of the
 * mean. */
static double scatter_nodes(const node_rows *rows, const double *values)
{
    double squares[NODES] = {0}, mean = average_nodes(rows, values);
    for (size_t k = 0; k < rows->count; k++)
        squares[k] = (values[k] - mean) * (values[k] - mean);
    double scatter = average_nodes(rows, squares);
    double rounding = 8 * DBL_EPSILON * fabs(mean);
    return scatter <= rounding * rounding ? 0 : scatter;
}

static void finish_values(size_t n, double sigma, const node_rows *rows,
                          lln_theory_softmax_values *result)
{
    double keys = (double)n, s2 = sigma * sigma;
    result->log_norm = average_nodes(rows, rows->log_norm);
    result->concentration = average_nodes(rows, rows->concentration);
    result->entropy = result->log_norm + average_nodes(rows, rows->entropy);
    result->log_mean = -result->log_norm;
    result->log_variance = s2 * (1 - 2 / keys) +
                           scatter_nodes(rows, rows->log_norm) +
                           average_nodes(rows, rows->log_norm_variance);
    result->log_variance_row = s2;
    double excess = lln_theory_small_excess(n, s2);
    if (isnan(excess))
        excess = fmax(0, result->concentration - 1 / keys);
    result->lambda2 = sqrt(excess);
}

lln_status lln_theory_softmax(size_t n, size_t d, double sigma,
                              lln_theory_softmax_values *result)
{
    if (n == 0 || d == 0 || !(sigma >= 0 && isfinite(sigma)))
        return lln_fail(LLN_EINVAL,
                        "softmax of %zu keys, %zu features, sigma %g: "
                        "expected at least 1, 1, 0",
                        n, d, sigma);
    if (n == 1) {
        *result = (lln_theory_softmax_values){.concentration = 1,
                                              .log_variance_row = NAN};
        return LLN_OK;
    }
    lln_sum_workspace *workspace = lln_array_alloc(1, sizeof *workspace);
    if (!workspace)
        return LLN_ENOMEM;
    node_rows rows = {0};
    lln_status status = add_rows(workspace, n, d, sigma, &rows);
    free(workspace);
    if (status == LLN_OK)
        finish_values(n, sigma, &rows, result);
    return status;
}
