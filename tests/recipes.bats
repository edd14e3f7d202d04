#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/recipes and the recipe of the README, with Debian's PyTorch: what the
# tools read agrees with the probabilities that the model computed in float32.
# shellcheck disable=SC2154 # bats sets output
load helper

recipes=$BATS_TEST_DIRNAME/recipes

# find_python: sets $python, or skips the test.
find_python() {
    local name
    python=
    for name in python3 /usr/bin/python3; do
        [ "$python" ] || ! "$name" -c 'import numpy, torch' 2> /dev/null ||
            python=$name
    done
    [ "$python" ] || skip 'no python3 with torch and numpy to run it'
}

# agrees COMMAND: the entropies of the tables that it prints are those in
# `expected` to three digits, which half precision keeps.
agrees() {
    bash -c "$1 --quiet --kernel softmax --columns id,entropy_nats" > table
    equal heads "$(column entropy_nats < table | wc -l)" \
        "$(wc -l < expected)"
    column entropy_nats < table | paste -d ' ' - expected | near 1e-3
}

@test "an encoder of torch.nn in batches of different lengths" {
    find_python
    cat > model.py << 'END'
import torch, dump_qkv
torch.manual_seed(1)
layer = torch.nn.TransformerEncoderLayer(64, 4, batch_first=True)
model = torch.nn.TransformerEncoder(layer, 2).eval()
expected = []
recorder = dump_qkv.Recorder()
for lengths in ((40, 25), (31, 12, 33)):
    x = 3 * torch.randn(len(lengths), max(lengths), 64)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    with recorder:
        recorder.start(mask)
        model(x, src_key_padding_mask=~mask)
    entropies = []
    for layer in model.layers:
        p = layer.self_attn(x, x, x, key_padding_mask=~mask,
                            average_attn_weights=False)[1].double()
        h = -torch.xlogy(p, p).sum(-1)
        entropies.append([[row[used].mean() for row in entry]
                          for entry, used in zip(h, mask)])
        x = layer(x, src_key_padding_mask=~mask)
    expected += [h for entry in zip(*entropies) for rows in entry for h in rows]
print(recorder.save('a dump.npz'))
open('expected', 'w').write(''.join(f'{h.item()}\n' for h in expected))
END
    PYTHONPATH=$recipes "$python" model.py > printed
    equal command "$(< printed)" \
        "lln-entropy --layout bhnd --lengths 'a dump.lengths' 'a dump.npz'"
    equal lengths "$(tr '\n' ' ' < 'a dump.lengths')" '40 25 31 12 33 '
    equal keys "$(lln-entropy --list 'a dump.npz' | cut -d, -f1,2 |
        tail -n 3 | tr '\n' ' ')" \
        'layers.1.q,<f2 layers.1.k,<f2 layers.1.v,<f2 '
    agrees "$(< printed)"
    lln-attend --quiet --layout bhnd --lengths 'a dump.lengths' \
        --kernel softmax -o o.npz 'a dump.npz'
}

@test "calls of attention, padded on the left, and a causal one" {
    find_python
    cat > model.py << 'END'
import sys, torch, dump_qkv
import torch.nn.functional as f
torch.manual_seed(2)
causal = sys.argv[1] == 'causal'
recorder = dump_qkv.Recorder()
expected = []
for lengths in ((17, 30), (9,)):
    n = max(lengths)
    mask = torch.arange(n) >= n - torch.tensor(lengths)[:, None]
    used = mask[:, None, None].expand(-1, 3, n, -1)
    q, k, v = (2 * torch.randn(len(lengths), 3, n, 8) for _ in range(3))
    with recorder, torch.no_grad():
        attend = getattr(f, 'scaled_dot_product_attention', None)
        attend = attend or f._scaled_dot_product_attention
        recorder.start(None if causal else mask)
        if causal:
            attend(q, k, v, is_causal=True)
            used = torch.ones(n, n).tril().bool().expand(len(lengths), 3, n, n)
            mask[:] = True
        else:
            attend(q, k, v, used)
        attend(q[..., :4, :], k, v)  # no self-attention
    s = (q @ k.mT / 8 ** 0.5).double().masked_fill(~used, float('-inf'))
    p = torch.softmax(s, -1)
    h = -torch.xlogy(p, p).sum(-1)
    expected += [row[u].mean() for entry, u in zip(h, mask) for row in entry]
print(recorder.save('heads'))
assert recorder.skipped == 2
open('expected', 'w').write(''.join(f'{h.item()}\n' for h in expected))
END
    for kind in padded causal; do
        PYTHONPATH=$recipes "$python" model.py $kind > printed
        agrees "$(< printed)"
    done
    equal command "$(< printed)" \
        'lln-entropy --layout bhnd --lengths heads.lengths --causal heads.npz'
}

@test "the recipe names what it cannot record" {
    find_python
    cat > model.py << 'END'
import torch, dump_qkv
with dump_qkv.Recorder() as recorder:
    torch.nn.functional.linear(torch.ones(1, 2), torch.ones(3, 2))
try:
    recorder.save('heads.npz')
except RuntimeError as error:
    print(error)
try:
    dump_qkv.pad([torch.full((1, 2, 3), 7e4).half().numpy()], 2, 'layers.0.q')
except RuntimeError as error:
    print(error)
END
    PYTHONPATH=$recipes run "$python" model.py
    equal messages "$output" 'no self-attention was recorded; '\
'torch.nn.TransformerEncoder does not call it under torch.no_grad(), and '\
'attention written by hand needs hooks of its own
layers.0.q: not finite, or beyond half precision'
    "$python" "$recipes/dump_qkv.py" heads.npz > printed
    bash -c "$(< printed)" > table 2> /dev/null
    equal heads "$(wc -l < table)" 81
}

weights='q_norm=weights.npz:q_norm.{layer},k_norm=weights.npz:k_norm.{layer}'

# same_entropies TOLERANCE OPTION...: the entropies are those of the model.
same_entropies() {
    lln-entropy --quiet --kernel softmax --config config.json --columns \
        id,entropy_nats "${@:2}" | column entropy_nats |
        paste -d' ' - entropy.txt | near "$1"
}

@test "raw and final queries and keys of one model" {
    find_python
    "$python" "$recipes/dump_llama.py"
    same_entropies 1e-5 --arrays "$weights" raw.npz
    same_entropies 1e-5 --qk-norm none --rope none --layout bhnd final.npz
    # Another reading gives other numbers.
    for rope in none pairs half:theta=100; do
        run same_entropies 1e-2 --arrays "$weights" --rope $rope raw.npz
        equal status "$status" 1
    done
    run same_entropies 1e-2 --qk-norm none raw.npz
    equal status "$status" 1
}

# What the README's lines use of transformers, around the model of the recipe.
fake_transformers() {
    mkdir transformers
    cat > transformers/__init__.py << 'END'
import json
import torch, dump_llama

class AttentionInterface:
    known = {}

    @classmethod
    def register(cls, name, function):
        cls.known[name] = function

class AttentionMaskInterface(AttentionInterface):
    known = {}

class AutoTokenizer:
    def from_pretrained(name):
        return lambda text, return_tensors: {"input_ids": text}

class AutoModelForCausalLM(torch.nn.Module):
    def from_pretrained(name, attn_implementation):
        function = AttentionInterface.known[attn_implementation]
        assert AttentionMaskInterface.known[attn_implementation] == "eager"
        dump_llama.attention_function = function
        return AutoModelForCausalLM()

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.inner = dump_llama.Model().requires_grad_(False)
        self.config = self

    def forward(self, input_ids, use_cache):
        return self.inner(input_ids)

    def save_pretrained(self, folder):
        with open(folder + "/config.json", "w") as file:
            json.dump(dump_llama.CONFIG, file)
END
    echo 'eager_mask = "eager"' > transformers/masking_utils.py
}

@test "the README's attention function" {
    find_python
    fake_transformers
    {
        echo 'import torch, dump_llama'
        echo 'name, text = "model", 2 * torch.randn(2, 60, 48)'
        # shellcheck disable=SC2016 # no command substitution
        sed -n '/^ *```py$/,/^ *```$/p' "$BATS_TEST_DIRNAME/../README.md" |
            grep -v '```' | sed 's/^   //'
        echo 'dump_llama.attention_function = dump_llama.eager_attention_forward'
        echo 'expected = dump_llama.record(model.inner, text)[2]'
        echo 'print(*expected, sep=chr(10), file=open("entropy.txt", "w"))'
    } > lines.py
    PYTHONPATH=$recipes:. "$python" lines.py
    equal heads "$(wc -l < entropy.txt)" 36
    # shellcheck disable=SC2016 # no command substitution
    sed -n '/```bash$/,/```$/p' "$BATS_TEST_DIRNAME/../README.md" |
        sed '/```$/q' | grep -v '```' | sed 's/^ *//' > lines.sh
    grep -q final.npz lines.sh
    bash lines.sh 2> said | column entropy_nats | paste -d' ' - entropy.txt |
        near 1e-5
    grep -q 'final.npz: 2 batch entries, 3 layers, 6 query heads, 2 key' said
}
