#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The commands of the README run and print what it shows, and the EXAMPLES of
# the pages run. make is left out: it fetches packages or runs these tests.
load helper

tree=$BATS_TEST_DIRNAME/..

# Makes a folder that looks like the built tree; tests cannot harm the tree.
as_in_tree() {
    mkdir build
    ln -s "$LLN_BIN" build/bin
    ln -s "$(dirname "$LLN_BIN")/man" build/man
    ln -s "$DATA/.." tests
    ln -s "$tree/plots" plots
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

@test "the README's commands" {
    as_in_tree
    blocks < "$tree/README.md"
    [ -s 05.sh ]
    for block in *.sh; do
        ! grep -q -e '^make' -e heads.npz "$block" || continue
        cat "$block"
        bash -euo pipefail "$block" > printed
        grep -q own.png "$block" || [ -s printed ]
        [ ! -e "${block%sh}out" ] || alike "${block%sh}out" printed
    done
}

@test "the README's table of questions" {
    as_in_tree
    # shellcheck disable=SC2016 # no command substitution
    sed -n 's/^| .*? | `\(.*\)` |$/\1/p' "$tree/README.md" > commands
    [ "$(wc -l < commands)" -gt 9 ]
    while read -r command; do
        echo "$command"
        bash -euc "$command" > printed
        [ -s printed ] || [ -s o.npz ]
    done < commands
}

@test "the README's pictures" {
    local size=
    sed -n 's/^!.*](\(.*\))$/\1/p' "$tree/README.md" > pictures
    while read -r picture; do
        size=$(wc -c < "$tree/$picture")
        [ "$size" -gt 9999 ] && [ "$size" -lt 60000 ]
    done < pictures
    [ "$size" ]
    as_in_tree
    blocks < "$tree/README.md"
    bash -euo pipefail "$(grep -l own.png ./*.sh)" > printed 2> said
    equal said "$(grep -v ^lln- said || true)$(< printed)" ''
    equal own.png "$(head -c 4 own.png | tail -c 3)" PNG
}

@test "the README's version is that of the tools" {
    grep -qF "version = {$(lln-entropy --version | sed 's/.* //; q')}" \
        "$tree/README.md"
}

# Targets of make and paths, except those with capitals for a name.
@test "what CONTRIBUTING.md names exists" {
    local guide=$tree/CONTRIBUTING.md
    # shellcheck disable=SC2016 # no command substitution
    grep -oE '(`|^)make [a-z][a-z-]*([` ]|$)' "$guide" | tr -d '`' |
        cut -d ' ' -f 2 | sort -u > targets
    [ "$(wc -l < targets)" -gt 8 ]
    while read -r target; do
        grep -q "^$target:" "$tree/Makefile" || {
            echo "no target $target"
            return 1
        }
    done < targets
    # shellcheck disable=SC2016 # no command substitution
    grep -oE '`(\.ci|src|tests|tools|plots)/[a-z_./-]+`' "$guide" | tr -d '`' |
        sort -u > paths
    [ "$(wc -l < paths)" -gt 20 ]
    while read -r path; do
        [ -e "$tree/$path" ] || {
            echo "no $path"
            return 1
        }
    done < paths
}

# model: the lines of Python before those of the README: two batches
# of padded tokens, and two layers of two heads, which write their entropies,
# from float64 P in full, to entropies.
model() {
    cat << 'END'
import torch

attend = getattr(torch.nn.functional, "scaled_dot_product_attention", None)

class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.project = torch.nn.Linear(32, 64)

    def forward(self, x, mask):
        q, k = self.project(x).unflatten(-1, (2, 2, 16)).permute(2, 0, 3, 1, 4)
        used = mask[:, None, None].expand(-1, 2, mask.shape[1], -1)
        if attend:
            attend(q, k, k, used)
        else:  # before PyTorch 2
            torch.nn.functional._scaled_dot_product_attention(q, k, k, used)
        s = (q @ k.mT / 4).double().masked_fill(~used, float("-inf"))
        p = torch.softmax(s, -1)
        h = -torch.xlogy(p, p).sum(-1)
        entropies.append([row[m].mean() for e, m in zip(h, mask) for row in e])
        return x + p.mean(1).float() @ x

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList([Layer(), Layer()])

    def forward(self, x, mask):
        for layer in self.layers:
            x = layer(x, mask)

torch.manual_seed(1)
entropies = []
model = Model().requires_grad_(False)
for weights in model.parameters():
    weights *= 3
batches = [(torch.randn(1, n, 32), torch.arange(n)[None] < n - 4)
           for n in (40, 25)]
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
        # By batch, layer and head, as lln-entropy prints them.
        echo 'for heads in entropies:'
        echo '    for entropy in heads:'
        echo '        print(entropy.item())'
    } > lines.py
    "$python" lines.py > output
    grep -q '^lln-entropy .*heads.npz$' output # of recorder.save()
    grep -v '^lln-entropy' output > expected
    equal heads "$(wc -l < expected)" 8
    blocks < "$tree/README.md"
    bash -euo pipefail "$(grep -l heads.npz ./*.sh)" > printed 2> said
    equal said "$(without_extent < said)" "lln-entropy: heads.npz: queries 'layers.{layer}.q', keys 'layers.{layer}.k'"
    sed '1,/^source/ { /^source/!d }' printed | column entropy_nats |
        paste -d ' ' - expected | near 1e-3 # half precision
}

@test "the pages' examples" {
    cp "$DATA/encoder.safetensors" .
    for page in "$(dirname "$LLN_BIN")"/man/man?/*; do
        # Those of these pages are in recipes_page.bats and library.bats.
        case ${page##*/} in lln-recipes.7 | lln.3) continue ;; esac
        examples < "$page" > commands
        [ -s commands ]
        cat commands
        bash -euo pipefail commands > printed
    done
}
