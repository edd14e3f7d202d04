/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How rotary embedding is written. */
#ifndef LLN_HEADS_ROPE_TEXT_H
#define LLN_HEADS_ROPE_TEXT_H

#include "core/settings.h"
#include "heads/rope.h"

/* Reads none or half|pairs[:theta=X][:dims=R][:at=first|last]
 * [:scaling=KIND][:factor=F][:original=L0][:low=X][:high=X][:beta-fast=X]
 * [:beta-slow=X][:mscale=X][:mscale-all-dim=X][:attention=A]
 * [:truncate=yes|no][:sections=S,S[,S]]; theta is 10000 unless given.
 * LLN_EINVAL: none of these, a parameter that the scaling needs is missing or
 * one that it does not take is there. */
LLN_NODISCARD lln_status lln_rope_read(const char *text, lln_rope *rope);

/* The form of the values of --rope. */
extern const lln_setting_form lln_rope_form;

#endif
