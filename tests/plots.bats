#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# plots/run on small heads, which takes seconds.
# shellcheck disable=SC2154 # variables that run sets
load helper

plots=$BATS_TEST_DIRNAME/../plots/run
topics='entropy gap lognormal log-variance landscape fidelity position'

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
    equal stderr "$stderr" "$(for topic in $topics; do
        echo "build/plots/$topic.png, .svg"
    done)"
    for topic in $topics; do
        equal "$topic.png" "$(head -c 8 "build/plots/$topic.png" |
            od -An -tx1)" ' 89 50 4e 47 0d 0a 1a 0a'
        equal "$topic.svg" "$(grep -c '</svg>' "build/plots/$topic.svg")" 1
    done
}

@test "a picture says which heads were measured" {
    cp "$DATA/encoder.safetensors" heads_of_mine.safetensors
    lln-entropy --quiet --layout hnd --tau 0.5,1 --aggregate all \
        --kernel softmax,lln,lln:match=paper,lln:alpha=0:beta=0 \
        heads_of_mine.safetensors -o own.csv
    GNUPLOT_LIB=${plots%/run} prints '' \
        gnuplot -c "${plots%run}entropy.gp" own.svg own.csv
    grep -qF 'mean of 4 heads of heads_of_mine.safetensors' own.svg
}

@test "plots/run stops when a tool fails, and leaves no picture of it" {
    build
    PLOT_TAU=0 run --separate-stderr "$plots" build
    equal status "$status" 1
    equal 'last line' "${stderr##*$'\n'}" \
        'plots/run: lln-entropy failed: no entropy.csv'
    equal files "$(ls build/plots)" ''
}

@test "plots/run prints how to install gnuplot" {
    build
    run --separate-stderr \
        env PATH=/nonexistent "$(command -v sh)" "$plots" build
    equal status "$status" 1
    equal stderr "$stderr" 'plots/run: no gnuplot; install it with
    apt-get install gnuplot-nox fonts-dejavu-core'
}

@test "plots/run draws nothing without fonts" {
    build
    echo '<fontconfig></fontconfig>' > fonts.conf
    FONTCONFIG_FILE=$PWD/fonts.conf run --separate-stderr "$plots" build
    equal status "$status" 1
    equal stderr "$stderr" 'plots/run: no fonts; install some with
    apt-get install fonts-dejavu-core'
    equal files "$(ls build)" bin
}
