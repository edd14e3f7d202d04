/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Softmax attention of Gaussian inputs against quadratures in numpy and
 * against a plain three-dimensional sum. */
#include <gsl/gsl_sf_gamma.h>

#include "expect.h"
#include "theory/softmax_theory.h"

/* n, d, sigma, E H, E ln Z, E sum P^2, Var ln P (D1): numpy, row integrals
 * with step 0.1, 40-point Gauss-Laguerre. */
static const double GAUSS[][7] = {
    {128, 8, 0.5, 4.728562339801317, 4.9758826674085643, 0.010068194826451833,
     0.25221076307333212},
    {128, 8, 3, 2.3529144356734406, 8.6529164902966613, 0.24843485150953296,
     12.162176717047917},
    {4096, 8, 2, 6.4026278414030449, 10.303361022690813, 0.015367452195879538,
     4.9719262220126792},
    {512, 16, 1, 5.7427319510298762, 6.7364833340739656, 0.0055244567290836915,
     1.0306199313095594},
    {512, 16, 2, 4.4358326851979193, 8.1935781917198778, 0.049715322767780283,
     4.4991584706358312},
    {4096, 16, 3, 4.5740599493339928, 12.669534332079063, 0.081708222315365647,
     11.225255258331355},
    {512, 64, 0.5, 6.1136780671818212, 6.3630461386281709,
     0.0025080760988452121, 0.25006619326973206},
    {512, 64, 1, 5.7420833520648475, 6.7366153020400459, 0.0053048238932807239,
     1.0072318093248356},
    {512, 64, 3, 3.0132795994680146, 10.418185551168627, 0.17053867777106479,
     9.7987170120676623},
    {1024, 64, 2, 5.0367293524962999, 8.9104383768428264, 0.029581032138283631,
     4.1469003645466707},
    {4096, 64, 1.5, 7.197406588841968, 9.4416528130069928,
     0.0023927189337459003, 2.2904585755513089},
};

/* n, sigma, E H, E sum P^2, E ln Z at d = 64: as above, compatible with 8 to
 * 96 simulated heads. */
static const double ENTROPY[][5] = {
    {128, 0.25, 4.8210486630672538, 0.0083121148579511483, 4.883028149967803},
    {128, 2, 3.207167629500602, 0.10989530918449658, 6.7501114113406944},
    {512, 0.5, 6.1136780671818212, 0.0025080760988452121, 6.3630461386281709},
    {512, 2.5, 3.6576317372537819, 0.10196055122842301, 9.2392467157895641},
    {1024, 0.75, 6.6508332797317724, 0.0017190595717828288, 7.2123491401442461},
    {1024, 3, 3.4657123880023741, 0.13434468618422402, 11.200576305869916},
    {4096, 1, 7.8182456268699783, 0.00067280374580523249, 8.8175512645844378},
    {4096, 4, 3.0294634687992867, 0.20125935573447482, 15.682866964140453},
};

/* n, d, sigma, Var ln P (D1), mean ln P: as above. */
static const double VARIANCE[][5] = {
    {128, 16, 0.5, 0.25026051451341308, -4.9759029699124113},
    {128, 16, 3, 10.933290636639994, -8.7103425908933723},
    {512, 16, 2, 4.4991584706358312, -8.1935781917198778},
    {1024, 16, 1.5, 2.4100150253014689, -8.0511920577018241},
    {128, 64, 1, 1.005204944676382, -5.3453094448738607},
    {512, 64, 0.5, 0.25006619326973201, -6.3630461386281709},
    {512, 64, 3, 9.7987170120676623, -10.418185551168627},
    {1024, 64, 2, 4.1469003645466707, -8.9104383768428264},
};

START_TEST(softmax_table)
{
    const double *row = GAUSS[_i];
    size_t n = (size_t)row[0], d = (size_t)row[1];
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax(n, d, row[2], &theory));
    expect_absolute(theory.entropy, row[3], 1e-11);
    expect_absolute(theory.log_norm, row[4], 1e-11);
    expect_absolute(theory.log_mean, -row[4], 1e-11);
    expect_absolute(theory.concentration, row[5], 1e-11);
    expect_absolute(theory.log_variance, row[6], 1e-11);
    expect_absolute(theory.log_variance_row, row[2] * row[2], 1e-15);
    expect_absolute(theory.lambda2, sqrt(row[5] - 1 / row[0]), 1e-10);
}
END_TEST

START_TEST(softmax_entropy)
{
    const double *row = ENTROPY[_i];
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax((size_t)row[0], 64, row[1], &theory));
    expect_absolute(theory.entropy, row[2], 1e-11);
    expect_absolute(theory.concentration, row[3], 1e-11);
    expect_absolute(theory.log_norm, row[4], 1e-11);
}
END_TEST

START_TEST(softmax_variance)
{
    const double *row = VARIANCE[_i];
    lln_theory_softmax_values theory;
    expect_ok(
        lln_theory_softmax((size_t)row[0], (size_t)row[1], row[2], &theory));
    expect_absolute(theory.log_variance, row[3], 1e-11);
    expect_absolute(theory.log_mean, row[4], 1e-11);
}
END_TEST

/* Two keys: with t the difference of the logits, normal with variance 2v, the
 * entropy is that of 1/(1 + e^t); v = sigma^2 r^2 / d, r the length of d
 * standard normals. Plain sums over r (step 0.02) and z (step 0.05). */
static double entropy_of_two(size_t d, double sigma)
{
    double sum = 0, dim = (double)d;
    for (double r = 0.01; r < 14; r += 0.02) {
        double log_density = (dim - 1) * log(r) - r * r / 2 -
                             (dim / 2 - 1) * M_LN2 - gsl_sf_lngamma(dim / 2);
        double mean = 0;
        for (double z = -9; z < 9.01; z += 0.05) {
            double t = sigma * r / sqrt(dim) * M_SQRT2 * z;
            double p = 1 / (1 + exp(t)), q = 1 / (1 + exp(-t));
            mean -= exp(-z * z / 2) * (p * log(p) + q * log(q));
        }
        sum += 0.02 * exp(log_density) * mean * 0.05 / sqrt(2 * M_PI);
    }
    return sum;
}

START_TEST(softmax_two_keys)
{
    static const double SIGMA[] = {0.2, 1.1, 2.3};
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax(2, 16, SIGMA[_i], &theory));
    expect_absolute(theory.entropy, entropy_of_two(16, SIGMA[_i]), 1e-11);
}
END_TEST

/* N -> inf: sigma^2 + sigma^4 / (2d), ln N - sigma^2 / 2; the corrections of
 * order e^{sigma^2} / N are below 1e-5 here. d = 1000 is beyond what
 * Gamma(d/2) in double precision allows. */
START_TEST(softmax_many_keys)
{
    static const size_t DIMENSION[] = {16, 64, 1000};
    size_t d = DIMENSION[_i];
    double s2 = 0.7 * 0.7;
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax(10000000, d, 0.7, &theory));
    expect_absolute(theory.log_variance, s2 + s2 * s2 / (2 * (double)d), 1e-6);
    expect_absolute(theory.entropy, log(1e7) - s2 / 2, 1e-6);
}
END_TEST

START_TEST(softmax_uniform)
{
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax(37, 8, 0, &theory));
    expect_absolute(theory.entropy, log(37), 1e-14);
    expect_absolute(theory.log_mean, -log(37), 1e-14);
    expect_absolute(theory.log_variance, 0, 0);
    expect_absolute(theory.log_variance_row, 0, 0);
    expect_absolute(theory.concentration, 1.0 / 37, 1e-14);
    expect_absolute(theory.lambda2, 0, 1e-7);
}
END_TEST

/* D1 of logits that go to 0: sigma^2 (1 - 1/n). */
START_TEST(softmax_nearly_uniform)
{
    lln_theory_softmax_values theory;
    for (double sigma = 1e-7; sigma > 1e-30; sigma *= 1e-6) {
        expect_ok(lln_theory_softmax(37, 8, sigma, &theory));
        expect_relative(theory.log_variance, sigma * sigma * 36 / 37, 1e-12);
    }
}
END_TEST

START_TEST(softmax_one_key)
{
    lln_theory_softmax_values theory;
    expect_ok(lln_theory_softmax(1, 8, 1.3, &theory));
    expect_absolute(theory.entropy, 0, 0);
    expect_absolute(theory.log_norm, 0, 0);
    expect_absolute(theory.log_mean, 0, 0);
    expect_absolute(theory.log_variance, 0, 0);
    expect_absolute(theory.log_variance_row, NAN, 0);
    expect_absolute(theory.concentration, 1, 0);
    expect_absolute(theory.lambda2, 0, 0);
}
END_TEST

START_TEST(softmax_invalid)
{
    lln_theory_softmax_values theory;
    expect_status(lln_theory_softmax(0, 8, 1, &theory), LLN_EINVAL);
    expect_status(lln_theory_softmax(8, 0, 1, &theory), LLN_EINVAL);
    expect_status(lln_theory_softmax(8, 8, -1, &theory), LLN_EINVAL);
    expect_status(lln_theory_softmax(8, 8, NAN, &theory), LLN_EINVAL);
    expect_status(lln_theory_softmax(8, 8, INFINITY, &theory), LLN_EINVAL);
    expect_status(lln_theory_softmax(8, 8, 100, &theory), LLN_EINVAL);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

/* To first order in sigma^2, lambda2^2 = (n - 1) (e^(sigma^2) - 1) / n^2. */
START_TEST(softmax_lambda2_nearly_uniform)
{
    static const double sigmas[] = {1e-3, 1e-5, 1e-8, 1e-12};
    double s2 = sigmas[_i] * sigmas[_i];
    lln_theory_softmax_values values;
    expect_ok(lln_theory_softmax(100, 8, sigmas[_i], &values));
    expect_relative(values.lambda2, sqrt(99 * expm1(s2)) / 100,
                    _i == 0 ? 2e-6 : 1e-8);
}
END_TEST

/* Where the number of nodes changes (sigma^2 is d / 48, d / 16 and d / 6), the
 * values of both rules agree. Below 64 keys there is one rule. */
START_TEST(softmax_nodes)
{
    static const double parts[] = {48, 16, 6};
    static const size_t sizes[][2] = {{64, 8}, {256, 64}, {4096, 128}};
    size_t n = sizes[_i][0], d = sizes[_i][1];
    for (size_t i = 0; i < 3; i++) {
        double sigma = sqrt((double)d / parts[i]);
        lln_theory_softmax_values below, above;
        expect_ok(lln_theory_softmax(n, d, sigma * (1 - 1e-14), &below));
        expect_ok(lln_theory_softmax(n, d, sigma * (1 + 1e-14), &above));
        expect_relative(below.entropy, above.entropy, 2e-13);
        expect_relative(below.log_variance, above.log_variance, 2e-13);
        expect_relative(below.lambda2, above.lambda2, 2e-12);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("theory_softmax");
    TCase *softmax = tcase_create("softmax");
    tcase_add_loop_test(softmax, softmax_table, 0, COUNT(GAUSS));
    tcase_add_loop_test(softmax, softmax_entropy, 0, COUNT(ENTROPY));
    tcase_add_loop_test(softmax, softmax_variance, 0, COUNT(VARIANCE));
    tcase_add_loop_test(softmax, softmax_two_keys, 0, 3);
    tcase_add_loop_test(softmax, softmax_many_keys, 0, 3);
    tcase_add_test(softmax, softmax_uniform);
    tcase_add_test(softmax, softmax_nearly_uniform);
    tcase_add_test(softmax, softmax_one_key);
    tcase_add_test(softmax, softmax_invalid);
    tcase_add_loop_test(softmax, softmax_lambda2_nearly_uniform, 0, 4);
    tcase_add_loop_test(softmax, softmax_nodes, 0, 3);
    suite_add_tcase(suite, softmax);
    return run_suite(suite);
}
