#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Pages agree with the tools; tests/lint compares the options.
load helper

# printed TOOL: the columns of all tables of the tool, without those that all
# tools share and standard errors. Columns of a map that differ only in a
# format, a side or a method, or in a number that an option gives, are replaced
# by one name, and so are those of --against.
printed() {
    local options
    while read -r options; do
        # shellcheck disable=SC2086 # words
        "$1" $options --columns all | head -n 1 | tr , '\n'
    done | grep -vxE 'source|layer|head|kernel|n|d|causal|samples|tau|.*_se' |
        sed -E '/^(source|layer|.*head)_b$/!s/.*_(a|b|delta)$/NAME_\1/
            s/^(fp16|bf16|fp32)_[qk]_/FORMAT_SIDE_/
            /^distance_(mean|median)$/!s/^distance_.*/distance_METHOD/
            s/^k[0-9]+(_[0-9]+)?(_|$)/kP\2/
            s/^recall_[0-9]+/recall_K/' | sort -u
}

# described PAGE: the columns that have an item.
described() {
    sed -n 's/^\.It Va //p' "$1" | tr -d , | tr -s ' ' '\n' | grep -vx d |
        sort -u
}

@test "a page describes every column of its tool, and no others" {
    local sampled='-n 8 -d 2 --trials 1 --quiet'
    local heads encoder=$DATA/encoder.safetensors
    seq 8 > ids
    printf '%64s' '' | npy pattern.npy '|b1' '(8, 8)'
    for tool in "$LLN_BIN"/lln-*; do
        tool=$(basename "$tool")
        [ "$tool" != lln-plot ] || continue # it prints no table
        case $tool in
        lln-entropy) printf '%s\n' '' --per-row --diagnose '--diagnose --each' \
            --distribution '--summary --format csv' '--by-position 2' \
            '--at-lengths 8' ;;
        lln-stats) printf '%s\n' '' '--histogram 2' '--qq 2' --normality \
            '--normality --per-feature' ;;
        lln-spectral) printf '%s\n' '' '--eigenvalues 2' '--singular 2' ;;
        lln-match) printf '%s\n' '' '--map --map-a 1 --map-b 2' ;;
        lln-attend) echo --compare softmax ;;
        lln-train) : ;; # it samples no heads
        esac | sed "s/^/$sampled /" > tables
        [ "$tool" != lln-stats ] || echo --fenton --s2 1 >> tables
        [ "$tool" != lln-stats ] || echo "$sampled --bootstrap 2" >> tables
        [ "$tool" != lln-match ] || echo --calibrate >> tables
        [ "$tool" != lln-train ] ||
            echo '--task recall -n 8 --steps 0 --test 1' >> tables
        [ "$tool" != lln-entropy ] ||
            echo "$sampled --token-ids ids --pattern pattern.npy" >> tables
        heads="--layout hnd --layers 0 -q --kernel softmax $encoder"
        case $tool in
        lln-attend) echo "$heads --pairs heads" >> tables ;;
        lln-entropy | lln-stats) echo "$heads --against $encoder" >> tables ;;
        esac
        [ -s tables ]
        printed "$tool" < tables > columns
        [ -s columns ]
        described "$(dirname "$LLN_BIN")/man/man1/$tool.1" > items
        diff columns items
    done
}

@test "groff formats every page without a message" {
    local page
    for page in "$LLN_BIN"/../man/man?/*; do
        LC_ALL=C.UTF-8 groff -Tutf8 -mandoc -ww "$page" 2>> messages > text
        [ -s text ]
    done
    diff messages /dev/null
}
