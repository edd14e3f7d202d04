/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Seeds for numbered streams of random numbers, so that parts of a sample can
 * be drawn in any order and on any thread. */
#ifndef LLN_CORE_RANDOM_H
#define LLN_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Number `index`, 64 random bits, of the SplitMix64 sequence that starts from
 * `seed`. Source: Steele, Lea and Flood (2014); S. Vigna, splitmix64.c. */
uint64_t lln_random_number(uint64_t seed, uint64_t index);

/* Entry `index` < count of a permutation of 0 .. count - 1 that `seed` chooses,
 * without a table of the other entries. A Feistel network on the quotient and
 * the remainder of the index by the square root of `count`; results that are
 * not below `count` pass through it again. Source: Black and Rogaway (2002),
 * "Ciphers with arbitrary finite domains". count <= 2^62. */
size_t lln_random_permuted(uint64_t seed, size_t count, size_t index);

/* Number of streams for one seed; they are numbered from 0. */
#define LLN_RANDOM_STREAMS UINT32_C(0xffffffff)

/* The seed for gsl_rng_set of a gsl_rng_mt19937 that draws stream `stream` <
 * LLN_RANDOM_STREAMS of a sample with the given seed.
 * GSL's Mersenne twister uses only 32 bits of its seed and replaces 0 by 4357.
 * With a hash of (seed, stream), two of 10^5 streams would more often than not
 * get the same numbers. Here different streams of one seed always get different
 * seeds, none of them 0: the stream number passes through two bijections of 32
 * bits, keyed by the two halves of a hash of `seed`. */
uint32_t lln_random_seed(uint64_t seed, uint32_t stream);

#endif
