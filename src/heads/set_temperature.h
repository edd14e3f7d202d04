/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Giving a head a temperature. */
#ifndef LLN_HEADS_SET_TEMPERATURE_H
#define LLN_HEADS_SET_TEMPERATURE_H

#include "heads/heads.h"

/* Multiplies queries and keys by one factor so that the measured temperature
 * becomes tau: sqrt(1 / (sqrt(D2) tau)). to [LLN_ROLES] are views for writing
 * of the matrices of the head. LLN_EUNDEFINED: there is no temperature, or no
 * such factor; the head is then spoilt; else the statuses of
 * lln_temperature_variance. */
LLN_NODISCARD lln_status lln_temperature_set(double tau, const lln_head *head,
                                             const lln_matrix_output *to);

#endif
