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
        ! grep -q -e '^make' -e heads.npz "$block" || continue
        cat "$block"
        bash -euo pipefail "$block" > printed
        [ -s printed ]
        [ ! -e "${block%sh}out" ] || alike "${block%sh}out" printed
    done
}

# model: the lines of Python that stand before those of the README: two layers
# of two query heads and one key head, which write their entropies, from float64
# P in full, to entropies.
model() {
    cat << 'END'
import torch

class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = torch.nn.Linear(128, 128)
        self.k_proj = torch.nn.Linear(128, 64)

    def forward(self, x):
        q = self.q_proj(x).unflatten(-1, (2, 64)).transpose(1, 2).double()
        k = self.k_proj(x).unsqueeze(1).double()
        p = torch.softmax(q @ k.mT / 8, -1)
        entropies.append(-(p * p.log()).sum(-1).mean(-1))
        return x + p.mean(1).float() @ x

torch.manual_seed(1)
entropies = []
model = torch.nn.Sequential(Layer(), Layer()).requires_grad_(False)
for weights in model.parameters():
    weights *= 3
tokens = torch.randn(2, 40, 128)
END
}

@test "the README's lines of Python" {
    local python=
    for name in python3 /usr/bin/python3; do
        [ "$python" ] || ! "$name" -c 'import numpy, torch' 2> /dev/null ||
            python=$name
    done
    [ "$python" ] || skip 'no python3 with torch and numpy to run them'
    as_in_tree
    {
        model
        # shellcheck disable=SC2016 # no command substitution
        sed -n '/^```python$/,/^```$/p' "$tree/README.md" | grep -v '^```'
        echo 'for entropy in torch.stack(entropies, 1).flatten():'
        echo '    print(entropy.item())'
    } > lines.py
    "$python" lines.py > expected
    equal heads "$(wc -l < expected)" 8
    blocks < "$tree/README.md"
    bash -euo pipefail "$(grep -l heads.npz ./*.sh)" > printed 2> said
    equal said "$(cat said)" "lln-entropy: heads.npz: queries '{layer}.q_proj', keys '{layer}.k_proj'"
    grep -v -e '_proj,' -e '^key,' printed | column entropy_nats |
        paste -d ' ' - expected | near 1e-5
}

@test "the pages' examples" {
    cp "$DATA/encoder.safetensors" .
    for page in "$tree"/man/*.[17]; do
        examples < "$page" > commands
        [ -s commands ]
        cat commands
        bash -euo pipefail commands > printed
    done
}
