/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-spectral: measures eigenvalues and singular values of attention matrices,
 * and how far the matrices are from giving every query the same average. */
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "command.h"
#include "core/text.h"
#include "identity.h"
#include "measure/jackknife.h"
#include "measure/singular.h"
#include "measure/spectrum.h"
#include "message.h"
#include "model.h"
#include "options.h"
#include "rank_columns.h"
#include "rules.h"
#include "run.h"
#include "stored.h"

static struct {
    size_t eigenvalues, singular, groups;
    const char *method; /* NULL: automatic */
} options;

enum { LARGEST_TABLE = 100000 };

static const cli_option option_table[] = {
    {"eigenvalues", 0, CLI_COUNT, "COUNT",
     "print the COUNT largest eigenvalues instead of the summary; trials are "
     "not averaged",
     &options.eigenvalues, 1, LARGEST_TABLE, false},
    {"singular", 0, CLI_COUNT, "COUNT",
     "print the COUNT largest singular values of P, and of P minus its column "
     "means, instead of the summary; trials are not averaged",
     &options.singular, 1, LARGEST_TABLE, false},
    {"method", 0, CLI_TEXT, "NAME", "method from the list below (auto)",
     &options.method, 0, 0, false},
    {"jackknife", 0, CLI_MAYBE_COUNT, "G",
     "refused: eigenvalues have no jackknife error", &options.groups, 2,
     LLN_JACKKNIFE_MOST, false},
    {0},
};

static bool get_method(size_t index, cli_text *method)
{
    if (index >= LLN_SPECTRUM_METHODS)
        return false;
    const lln_spectrum_method_info *found = &lln_spectrum_method_table[index];
    *method = (cli_text){found->name, found->summary};
    return true;
}

static const cli_tool tool = {
    .name = "lln-spectral",
    .summary = "spectrum of attention matrices",
    .options = option_table,
    .shared = run_shared_options,
    .method = get_method,
};

enum { PASS_EIGENVALUES = 1, PASS_NORMS = 2, PASS_THEORY = 4 };

#define THEORY (PASS_THEORY | PASS_TEMPERATURE | PASS_SIGMAS)

typedef struct {
    double lambda2, gap, lambda2_re, lambda2_im, unbiased_norm, centered_sigma1;
    double theory;
    const char *method;
    double residual, condition, bound;
    rank_record rank;
} summary_record;

#define SUMMARY(field, name, pass)                                             \
    RECORD_REAL(summary_record, field, name, COLUMNS_DEFAULT, pass)

static const record_column summary_columns[] = {
    SUMMARY(lambda2, "lambda2", PASS_EIGENVALUES),
    SUMMARY(gap, "gap", PASS_EIGENVALUES),
    SUMMARY(lambda2_re, "lambda2_re", PASS_EIGENVALUES),
    SUMMARY(lambda2_im, "lambda2_im", PASS_EIGENVALUES),
    SUMMARY(unbiased_norm, "unbiased_norm", PASS_NORMS),
    SUMMARY(centered_sigma1, "centered_sigma1", PASS_NORMS),
    SUMMARY(theory, "lambda2_theory", THEORY),
    {.name = "method",
     .type = LLN_CELL_TEXT,
     .offset = offsetof(summary_record, method),
     .group = COLUMNS_DEFAULT,
     .pass = PASS_EIGENVALUES,
     .follows = true},
    SUMMARY(residual, "residual", PASS_EIGENVALUES),
    SUMMARY(condition, "lambda2_condition", PASS_EIGENVALUES),
    SUMMARY(bound, "lambda2_bound", PASS_EIGENVALUES),
    RANK_COLUMNS(summary_record, rank),
    {0},
};

/* A row of --eigenvalues. */
typedef struct {
    long rank;
    double modulus, re, im;
    const char *method;
    double residual, condition, bound, theory;
} eigenvalue_record;

#define EIGENVALUE(field, name)                                                \
    RECORD_REAL(eigenvalue_record, field, name, COLUMNS_DEFAULT, 0)

static const record_column eigenvalue_columns[] = {
    RECORD_INTEGER(eigenvalue_record, rank, "rank", COLUMNS_DEFAULT, 0),
    EIGENVALUE(modulus, "modulus"),
    EIGENVALUE(re, "re"),
    EIGENVALUE(im, "im"),
    RECORD_TEXT(eigenvalue_record, method, "method", COLUMNS_DEFAULT, 0),
    EIGENVALUE(residual, "residual"),
    EIGENVALUE(condition, "condition"),
    EIGENVALUE(bound, "bound"),
    RECORD_REAL(eigenvalue_record, theory, "lambda2_theory", COLUMNS_DEFAULT,
                THEORY),
    {0},
};

/* A row of --singular. */
typedef struct {
    long rank;
    double sigma, sigma_residual, centered, centered_residual;
    const char *method;
} singular_record;

#define SINGULAR(field, name)                                                  \
    RECORD_REAL(singular_record, field, name, COLUMNS_DEFAULT, 0)

static const record_column singular_columns[] = {
    RECORD_INTEGER(singular_record, rank, "rank", COLUMNS_DEFAULT, 0),
    SINGULAR(sigma, "sigma"),
    SINGULAR(sigma_residual, "sigma_residual"),
    SINGULAR(centered, "centered_sigma"),
    SINGULAR(centered_residual, "centered_sigma_residual"),
    RECORD_TEXT(singular_record, method, "method", COLUMNS_DEFAULT, 0),
    {0},
};

static double lambda2_theory(const run_case *c)
{
    lln_theory_softmax_values softmax;
    lln_theory_lln_values lln;
    double lambda2;
    if (model_softmax(c, &softmax))
        return softmax.lambda2;
    if (model_lln(c, &lln) &&
        lln_theory_lln_lambda2(c->head->k.rows, &lln, &lambda2) == LLN_OK)
        return lambda2;
    return NAN;
}

/* The smallest P that is not square; rows = 0: all are square. */
static struct {
    pthread_mutex_t lock;
    size_t rows, columns;
} oblong = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Remembers the smallest shape, which does not depend on the order of heads. */
static void note_shape(const lln_head *head)
{
    size_t n = head->q.rows, m = head->k.rows;
    if (n == m)
        return;
    pthread_mutex_lock(&oblong.lock);
    if (oblong.rows == 0 || n < oblong.rows ||
        (n == oblong.rows && m < oblong.columns)) {
        oblong.rows = n;
        oblong.columns = m;
    }
    pthread_mutex_unlock(&oblong.lock);
}

/* Warns if eigenvalues are missing because P is not square; returns
 * `status`. */
static int explain_shape(int status)
{
    if (oblong.rows > 0 && !run_shared.quiet)
        cli_warn(
            "P is not square (%zu quer%s, %zu key%s) and has no eigenvalues; "
            "use --singular",
            oblong.rows, oblong.rows == 1 ? "y" : "ies", oblong.columns,
            lln_text_plural(oblong.columns));
    return status;
}

static lln_status find_spectrum(const run_case *c, const void *context,
                                bool norms, lln_spectrum *spectrum)
{
    const lln_spectrum_method *method = context;
    lln_spectrum_options wanted = {
        .method = *method, .eigenvalues = options.eigenvalues, .norms = norms};
    note_shape(c->head);
    return lln_spectrum_measure_head(c->kernel, c->head, &wanted, spectrum);
}

/* Warns of one head; `why` may say what to do. */
static void warn_missing(const run_case *c, const char *what, const char *why)
{
    char place[RUN_PLACE];
    run_place_tau(run_index(c->head->layer), run_index(c->head->head), c->tau,
                  place);
    cli_warn("%s: %skernel '%s': %s printed as nan: %s", c->head->source, place,
             c->kernel->text, what, why);
}

static const char *why_unknown(const lln_eigenvalue *value,
                               lln_spectrum_method method)
{
    bool none = isnan(value->residual);
    if (method != LLN_SPECTRUM_ARNOLDI && method != LLN_SPECTRUM_LOWRANK)
        return none ? "no convergence" : "too ill-conditioned";
    return none ? "no convergence; try --method dense"
                : "too ill-conditioned; try --method dense";
}

static lln_status measure_spectrum(const run_case *c, const void *context,
                                   run_block *block)
{
    lln_spectrum s;
    summary_record *out = run_block_record(block, 0);
    if (c->passes & PASS_THEORY)
        out->theory = lambda2_theory(c);
    LLN_TRY(rank_columns_measure(c, &out->rank));
    if (!(c->passes & (PASS_EIGENVALUES | PASS_NORMS)))
        return LLN_OK;
    LLN_TRY(find_spectrum(c, context, c->passes & PASS_NORMS, &s));
    out->lambda2 = s.lambda2;
    out->gap = s.gap;
    out->lambda2_re = s.lambda2_re;
    out->lambda2_im = s.lambda2_im;
    out->unbiased_norm = s.unbiased_norm;
    out->centered_sigma1 = s.centered_sigma1;
    out->method = lln_spectrum_method_table[s.method].name;
    out->residual = s.residual;
    out->condition = s.condition;
    out->bound = s.bound;
    if (s.count > 1 && !lln_eigenvalue_known(&s.eigenvalues[1]))
        warn_missing(c, "lambda2 is", why_unknown(&s.eigenvalues[1], s.method));
    lln_spectrum_free(&s);
    return LLN_OK;
}

static lln_status measure_eigenvalues(const run_case *c, const void *context,
                                      run_block *block)
{
    lln_spectrum s;
    lln_status status = find_spectrum(c, context, false, &s);
    if (status == LLN_EUNDEFINED) /* no eigenvalues, no rows */
        LLN_TRY(run_block_resize(block, 0));
    LLN_TRY(status);
    size_t rows = s.count;
    if (rows > options.eigenvalues) /* at least two were computed */
        rows = options.eigenvalues;
    status = run_block_resize(block, rows);
    double theory = c->passes & PASS_THEORY ? lambda2_theory(c) : NAN;
    bool warned = false;
    for (size_t i = 0; status == LLN_OK && i < rows; i++) {
        const lln_eigenvalue *value = &s.eigenvalues[i];
        eigenvalue_record *out = run_block_record(block, i);
        bool known = lln_eigenvalue_known(value);
        *out = (eigenvalue_record){
            .rank = (long)i + 1,
            .modulus = known ? value->modulus : NAN,
            .re = known ? value->re : NAN,
            .im = known ? value->im : NAN,
            .method = lln_spectrum_method_table[s.method].name,
            .residual = value->residual,
            .condition = value->condition,
            .bound = value->bound,
            .theory = theory,
        };
        if (!known && !warned)
            warn_missing(c, "some eigenvalues are",
                         why_unknown(value, s.method));
        warned |= !known;
    }
    lln_spectrum_free(&s);
    return status;
}

static lln_status measure_singular(const run_case *c, const void *context,
                                   run_block *block)
{
    lln_singular s;
    (void)context;
    LLN_TRY(
        lln_singular_measure_head(c->kernel, c->head, options.singular, &s));
    lln_status status = run_block_resize(block, s.count);
    bool all = true;
    for (size_t i = 0; status == LLN_OK && i < s.count; i++) {
        bool known = lln_singular_known(&s, false, i);
        bool centred_known = lln_singular_known(&s, true, i);
        *(singular_record *)run_block_record(block, i) = (singular_record){
            .rank = (long)i + 1,
            .sigma = known ? s.plain[i].sigma : NAN,
            .sigma_residual = s.plain[i].residual,
            .centered = centred_known ? s.centred[i].sigma : NAN,
            .centered_residual = s.centred[i].residual,
            .method = s.method,
        };
        all &= known && centred_known;
    }
    if (!all)
        warn_missing(c, "some singular values are", "no convergence");
    lln_singular_free(&s);
    return status;
}

/* Refuses a method that the masks of all layers rule out. */
static void check_method(lln_spectrum_method method)
{
    static const char *const masks[] = {"causal", "window", "chunk",
                                        "documents", NULL};
    lln_mask mask = rules_of_most().mask;
    if (stored_given())
        return;
    if (method == LLN_SPECTRUM_DIAGONAL && !mask.causal)
        cli_usage("--method diagonal needs --causal: P must be triangular");
    if (method == LLN_SPECTRUM_DIAGONAL && !lln_mask_is_triangular(mask))
        cli_usage("--method diagonal cannot be used with --prefix, with which "
                  "P is not triangular");
    const char *hiding = cli_first_given(masks);
    if (method == LLN_SPECTRUM_LOWRANK && hiding && lln_mask_hides(mask))
        cli_usage("--method lowrank cannot be used with --%s", hiding);
}

/* Refuses a method that the table of kernels rules out. */
static void check_kernel(const lln_kernel_choice *choice, const void *context)
{
    const lln_spectrum_method *method = context;
    const lln_kernel *kernel = choice->kernel;
    if (*method == LLN_SPECTRUM_LOWRANK && strcmp(kernel->rank, "full") == 0)
        cli_usage("--method lowrank cannot be used with kernel '%s'; choose a "
                  "kernel made of features, such as lln",
                  choice->text);
    if (*method == LLN_SPECTRUM_BLOCKS &&
        strcmp(kernel->name, "blockdiag") != 0)
        cli_usage("--method blocks cannot be used with kernel '%s'; choose "
                  "blockdiag",
                  choice->text);
}

static void check_options(lln_spectrum_method *method)
{
    if (cli_given("jackknife"))
        cli_usage("--jackknife cannot be used for eigenvalues, which do not "
                  "change smoothly with the tokens; use the spread over "
                  "--trials or texts (--aggregate)");
    if (options.singular && options.eigenvalues)
        cli_usage("--singular cannot be used with --eigenvalues");
    if (options.singular && options.method)
        cli_usage("--method cannot be used with --singular: it chooses how "
                  "eigenvalues are computed");
    if (lln_spectrum_method_find(options.method ? options.method : "auto",
                                 method) != LLN_OK)
        cli_usage("--%s", lln_error_message());
    check_method(*method);
}

int main(int argc, char **argv)
{
    lln_spectrum_method method;
    command_parse(&tool, argc, argv);
    check_options(&method);
    if (options.singular)
        return run_plan_write(
            &(run_plan){.name = "--singular",
                        .table = {singular_columns, sizeof(singular_record)},
                        .measure = measure_singular,
                        .has_many_rows = true,
                        .rows_depend_on_head = true,
                        .rows_are_never_averaged = true,
                        .mostly_serial = true});
    if (options.eigenvalues)
        return explain_shape(run_plan_write(&(run_plan){
            .name = "--eigenvalues",
            .table = {eigenvalue_columns, sizeof(eigenvalue_record)},
            .measure = measure_eigenvalues,
            .check_kernel = check_kernel,
            .has_many_rows = true,
            .rows_depend_on_head = true,
            .context = &method,
            .rows_are_never_averaged = true,
            .mostly_serial = true}));
    return rank_columns_explain(explain_shape(run_plan_write(
        &(run_plan){.name = "lln-spectral",
                    .table = {summary_columns, sizeof(summary_record)},
                    .measure = measure_spectrum,
                    .check_kernel = check_kernel,
                    .context = &method,
                    .mostly_serial = true})));
}
