#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The same command gives the same bytes on any number of threads.
load helper

# same TOOL OPTION...
same() {
    "$@" --threads 1 > one
    "$@" --threads 2 > two
    [ "$(wc -l < one)" -gt 1 ]
    cmp one two
}

# Those that measure heads.
tools='lln-entropy lln-stats lln-spectral lln-match'

@test "sampled heads" {
    for tool in $tools; do
        for option in '' --double --causal --each; do
            # shellcheck disable=SC2086
            same "$tool" -n 200 -d 16 --tau 0.5,1 $option
        done
    done
}

@test "heads from files" {
    for tool in $tools; do
        for option in '' --double --causal; do
            # shellcheck disable=SC2086
            same "$tool" "$DATA/encoder.safetensors" --layout hnd \
                --heads 0 --quiet $option
        done
    done
}

@test "tables of rows, bins and quantiles" {
    same lln-entropy -n 200 -d 16 --per-row
    same lln-stats -n 400 -d 16 --histogram 40
    same lln-stats -n 400 -d 16 --qq 40
    same lln-stats -n 400 -d 16 --inputs
}
