/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/processor.h"

#include "expect.h"

/* OpenBLAS uses Prescott for an x86-64 processor that it does not recognise,
 * and Nehalem or Sandybridge where it does not know the newer one. */
START_TEST(core_for_unrecognised)
{
    ck_assert_str_eq(lln_processor_core_for("Prescott", true, false),
                     "Haswell");
    ck_assert_str_eq(lln_processor_core_for("Prescott", true, true),
                     "SkylakeX");
    ck_assert_str_eq(lln_processor_core_for("Nehalem", true, true), "SkylakeX");
    ck_assert_str_eq(lln_processor_core_for("Sandybridge", true, false),
                     "Haswell");
}
END_TEST

/* A processor without AVX2, and cores that use it. */
START_TEST(core_for_recognised)
{
    static const char *const good[] = {"Haswell",    "Zen",        "SkylakeX",
                                       "Cooperlake", "Excavator",  "neoversen1",
                                       "Unknown",    "Prescott 2", ""};
    ck_assert_ptr_null(lln_processor_core_for("Prescott", false, false));
    ck_assert_ptr_null(lln_processor_core_for("Nehalem", false, false));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_ptr_null(lln_processor_core_for(good[i], true, true));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_processor");
    TCase *core = tcase_create("core_for");
    tcase_add_test(core, core_for_unrecognised);
    tcase_add_test(core, core_for_recognised);
    suite_add_tcase(suite, core);
    return run_suite(suite);
}
