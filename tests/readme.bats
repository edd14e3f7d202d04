#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The commands of the README run and print what it shows; so do the EXAMPLES
# of the pages. Left out: make, which fetches packages or runs these tests.
load helper

tree=$BATS_TEST_DIRNAME/..

# A folder that looks like the built tree and cannot harm it.
as_in_tree() {
    mkdir build
    ln -s "$LLN_BIN" build/bin
    ln -s "$(dirname "$LLN_BIN")/man" build/man
    ln -s "$DATA/.." tests
}

# blocks < README: writes each block of commands to N.sh, and the block of
# output that follows it, if one does, to N.out.
blocks() {
    awk '
        /^```sh$/ { file = sprintf("%02d.sh", ++count); next }
        /^```$/ && file { close(file); last = file; file = ""; next }
        /^```$/ && last { file = last; sub(/sh$/, "out", file); next }
        /^#/ { last = "" }
        file { print > file }'
}

# examples < PAGE: the commands after "$ " in EXAMPLES.
examples() {
    awk '
        /^\.Sh / { inside = /EXAMPLES/ }
        /^\.Ed/ { inside_block = 0 }
        inside && /^\$ / { inside_block = 1 }
        inside && inside_block { sub(/^\$ /, ""); print }' | sed 's/\\e$/\\/'
}

# alike EXPECTED ACTUAL: the same fields; numbers may differ by 1 in 1000.
alike() {
    awk '
        function off(x, y) {
            return (x > y ? x - y : y - x) > (y > 0 ? y : -y) / 1000
        }
        FNR == NR { expected[NR] = $0; count = NR; next }
        {
            fields = split(expected[FNR], want)
            bad = fields != NF
            for (i = 1; i <= NF && !bad; i++)
                bad = $i != want[i] && ($i !~ /^[-0-9.e]+$/ || off($i, want[i]))
            if (bad) { print "printed:  " $0; print "expected: " expected[FNR] }
            failed = failed || bad
        }
        END { exit failed || FNR != count }' "$1" "$2"
}

@test "the README's commands" {
    as_in_tree
    blocks < "$tree/README.md"
    [ -s 05.sh ]
    for block in *.sh; do
        ! grep -q '^make' "$block" || continue
        cat "$block"
        bash -euo pipefail "$block" > printed
        [ -s printed ]
        [ ! -e "${block%sh}out" ] || alike "${block%sh}out" printed
    done
}

@test "the pages' examples" {
    cp "$DATA/encoder.safetensors" .
    for page in "$tree"/man/*.1; do
        examples < "$page" > commands
        [ -s commands ]
        cat commands
        bash -euo pipefail commands > printed
    done
}
