#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# plots/run on small heads, which takes seconds.
# shellcheck disable=SC2154 # variables that run sets
load helper

plots=$BATS_TEST_DIRNAME/../plots/run
pictures='entropy gap lambda2 histogram quantiles log-variance fenton landscape
    fidelity accuracy training heads position length'

# build: makes a BUILD with the tools that these tests run.
build() {
    mkdir build
    ln -s "$LLN_BIN" build/bin
    export PLOT_TOKENS=48 PLOT_DIM=16 PLOT_TRIALS=2 PLOT_TAU=0.5,1,2
}

@test "plots/run draws every picture without a message of gnuplot" {
    build
    run --separate-stderr "$plots" build
    equal status "$status" 0
    equal stdout "$output" ''
    # The published line is negative at the left of its picture.
    equal stderr "$(uniq <<< "$stderr")" "$(for picture in $pictures; do
        [ "$picture" != fenton ] || echo 'lln-plot: 9 values that are not' \
            'positive are not drawn: the axis is logarithmic'
        echo "build/plots/$picture.png, .svg"
    done)"
    for picture in $pictures; do
        equal "$picture.png" "$(head -c 8 "build/plots/$picture.png" |
            od -An -tx1)" ' 89 50 4e 47 0d 0a 1a 0a'
        equal "$picture.svg" "$(grep -c '</svg>' "build/plots/$picture.svg")" 1
    done
}

@test "plots/run stops when a tool fails, and leaves no picture of it" {
    build
    PLOT_TAU=0 run --separate-stderr "$plots" build
    equal status "$status" 1
    equal 'last line' "${stderr##*$'\n'}" \
        'plots/run: lln-entropy failed: no entropy.csv'
    equal files "$(ls build/plots)" ''
}
