/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-spectral: eigenvalues of attention matrices, and how far the matrices
 * are from giving every query the same average. */
#include <math.h>

#include "command.h"
#include "help.h"
#include "measure/spectrum.h"
#include "message.h"
#include "model.h"
#include "options.h"
#include "run.h"

static struct {
    size_t eigenvalues;
    const char *method;
} options = {.method = "auto"};

enum { LARGEST_TABLE = 100000 };

static const cli_option option_table[] = {
    {"eigenvalues", 0, CLI_COUNT, "COUNT",
     "the largest eigenvalues instead of the summary, trials not averaged",
     &options.eigenvalues, 1, LARGEST_TABLE, false},
    {"method", 0, CLI_TEXT, "NAME", "a method of the list below (auto)",
     &options.method, 0, 0, false},
    {0},
};

static void print_methods(void)
{
    puts("\nMethods:");
    for (int i = 0; i < LLN_SPECTRUM_METHODS; i++)
        help_choice(lln_spectrum_method_table[i].name,
                    lln_spectrum_method_table[i].summary);
}

static const cli_tool tool = {
    .name = "lln-spectral",
    .summary = "spectrum of attention matrices",
    .options = option_table,
    .shared = run_shared_options,
    .print_choices = print_methods,
};

static const lln_column summary_columns[] = {
    {"lambda2", LLN_CELL_REAL},        {"gap", LLN_CELL_REAL},
    {"lambda2_re", LLN_CELL_REAL},     {"lambda2_im", LLN_CELL_REAL},
    {"unbiased_norm", LLN_CELL_REAL},  {"centered_sigma1", LLN_CELL_REAL},
    {"lambda2_theory", LLN_CELL_REAL}, {"method", LLN_CELL_TEXT},
    {"residual", LLN_CELL_REAL},       {0},
};

static const lln_column eigenvalue_columns[] = {
    {"rank", LLN_CELL_INTEGER},
    {"modulus", LLN_CELL_REAL},
    {"re", LLN_CELL_REAL},
    {"im", LLN_CELL_REAL},
    {"method", LLN_CELL_TEXT},
    {"residual", LLN_CELL_REAL},
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

static lln_status find_spectrum(const run_case *c, const void *context,
                                bool norms, lln_spectrum *spectrum)
{
    lln_attention attention;
    const lln_spectrum_method *method = context;
    lln_spectrum_options wanted = {
        .method = *method, .eigenvalues = options.eigenvalues, .norms = norms};
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_spectrum_measure(&attention, &wanted, spectrum);
    lln_attention_close(&attention);
    return status;
}

static lln_status measure_spectrum(const run_case *c, const void *context,
                                   run_block *block)
{
    lln_spectrum s;
    lln_cell *cells = block->cells;
    LLN_TRY(find_spectrum(c, context, true, &s));
    cells[0].real = s.lambda2;
    cells[1].real = s.gap;
    cells[2].real = s.lambda2_re;
    cells[3].real = s.lambda2_im;
    cells[4].real = s.unbiased_norm;
    cells[5].real = s.centered_sigma1;
    cells[6].real = lambda2_theory(c);
    cells[7].text = lln_spectrum_method_table[s.method].name;
    cells[8].real = s.residual;
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
    for (size_t i = 0; status == LLN_OK && i < rows; i++) {
        lln_cell *cells = block->cells + i * block->columns;
        cells[0].integer = (long)i + 1;
        cells[1].real = s.eigenvalues[i].modulus;
        cells[2].real = s.eigenvalues[i].re;
        cells[3].real = s.eigenvalues[i].im;
        cells[4].text = lln_spectrum_method_table[s.method].name;
        cells[5].real = s.eigenvalues[i].residual;
    }
    lln_spectrum_free(&s);
    return status;
}

int main(int argc, char **argv)
{
    lln_spectrum_method method;
    command_parse(&tool, argc, argv);
    if (lln_spectrum_method_find(options.method, &method) != LLN_OK)
        cli_usage("--%s", lln_error_message());
    if (options.eigenvalues)
        return run_plan_write(&(run_plan){.columns = eigenvalue_columns,
                                          .measure = measure_eigenvalues,
                                          .context = &method,
                                          .rows_are_never_averaged = true,
                                          .uses_arpack = true});
    return run_plan_write(&(run_plan){.columns = summary_columns,
                                      .measure = measure_spectrum,
                                      .context = &method,
                                      .uses_arpack = true});
}
