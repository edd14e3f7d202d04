/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels with feature maps against reference matrices (tests/data/kernels). */
#include "kernel_cases.h"

#define LLN "lln:alpha=1.8806401942992437:beta=2.417673251339197"
#define W_FAVOR                                                                \
    {                                                                          \
        {                                                                      \
            "w", "W_performer", 4                                              \
        }                                                                      \
    }
#define W_RFA                                                                  \
    {                                                                          \
        {                                                                      \
            "w", "W_rfa", 4                                                    \
        }                                                                      \
    }

static const kernel_case cases[] = {
    {.kernel = "performer", .matrix = "performer_favor", .arrays = W_FAVOR},
    {.kernel = "performer",
     .matrix = "performer_favor_causal",
     .arrays = W_FAVOR},
    {.kernel = "performer:eps=1e-4",
     .matrix = "performer_favor_eps1e-4",
     .arrays = W_FAVOR},
    {.kernel = "performer:eps=1e-4",
     .matrix = "performer_favor_eps1e-4_causal",
     .arrays = W_FAVOR},
    {.kernel = "performer:eps=0",
     .matrix = "performer_favor_noeps",
     .arrays = W_FAVOR},
    {.kernel = "performer:eps=0",
     .matrix = "performer_favor_noeps_causal",
     .arrays = W_FAVOR},
    {.kernel = "performer-relu-det", .matrix = "performer_relu_det"},
    {.kernel = "performer-relu-det", .matrix = "performer_relu_det_causal"},
    {.kernel = "performer-relu-proj",
     .matrix = "performer_relu_proj",
     .arrays = W_FAVOR},
    {.kernel = "performer-relu-proj",
     .matrix = "performer_relu_proj_causal",
     .arrays = W_FAVOR},
    {.kernel = "performer-relu-tf",
     .matrix = "performer_relu_tf",
     .arrays = W_FAVOR},
    {.kernel = "performer-relu-tf",
     .matrix = "performer_relu_tf_causal",
     .arrays = W_FAVOR},
    {.kernel = "rfa", .matrix = "rfa", .arrays = W_RFA},
    {.kernel = "rfa", .matrix = "rfa_causal", .arrays = W_RFA},
    {.kernel = "rfa:form=masked",
     .matrix = "rfa_official_masked_causal",
     .arrays = W_RFA},
    {.kernel = "rfa:form=recurrent",
     .matrix = "rfa_official_recurrent_causal",
     .arrays = W_RFA},
    {.kernel = "elu", .matrix = "linear_elu"},
    {.kernel = "elu", .matrix = "linear_elu_causal"},
    {.kernel = "relu", .matrix = "linear_relu"},
    {.kernel = "relu", .matrix = "linear_relu_causal"},
    {.kernel = "quadratic", .matrix = "linear_quad1"},
    {.kernel = "quadratic", .matrix = "linear_quad1_causal"},
    {.kernel = "quadratic:form=plain", .matrix = "linear_quad"},
    {.kernel = "quadratic:form=plain", .matrix = "linear_quad_causal"},
    {.kernel = "taylor2", .matrix = "linear_taylor2"},
    {.kernel = "taylor2", .matrix = "linear_taylor2_causal"},
    {.kernel = "rebased", .matrix = "linear_rebased"},
    {.kernel = "rebased", .matrix = "linear_rebased_causal"},
    {.kernel = "cosformer", .matrix = "cosformer"},
    {.kernel = "cosformer", .matrix = "cosformer_causal"},
    {.kernel = "hedgehog", .matrix = "hedgehog"},
    {.kernel = "hedgehog", .matrix = "hedgehog_causal"},
    {.kernel = "nystrom:landmarks=4", .matrix = "nystrom_m4_it6"},
    {.kernel = "nystrom:landmarks=4:inverse=pinv", .matrix = "nystrom_m4_pinv"},
    {.kernel = "linformer",
     .matrix = "linformer_eff_k4",
     .arrays = {{"e", "E_linformer", 12}, {"f", "F_linformer", 12}}},
    {.kernel = "flowformer", .matrix = "flowformer"},
    {.kernel = "flowformer", .matrix = "flowformer_causal"},
    {.kernel = "llnrepo-performer",
     .matrix = "llnrepo_performer_exp",
     .causal = true},
    {.kernel = "llnrepo-performer:form=softmax",
     .matrix = "llnrepo_performer_softmax",
     .causal = true},
    {.kernel = LLN ":eps=1e-8", .matrix = "lln"},
    {.kernel = LLN ":eps=1e-8:scales=layer", .matrix = "lln_causal"},
    {.kernel = LLN ":eps=1e-5", .matrix = "lln_eps1e-5"},
    {.kernel = LLN ":eps=1e-5", .matrix = "lln_eps1e-5_causal"},
    {.kernel = LLN ":eps=0", .matrix = "lln_noeps"},
    {.kernel = LLN ":eps=0", .matrix = "lln_noeps_causal"},
};

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_features");
    TCase *all = tcase_create("matrices");
    tcase_add_loop_test(all, matrix, 0, sizeof cases / sizeof cases[0]);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
