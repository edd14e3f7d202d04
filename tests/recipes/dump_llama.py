#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps a small random model of the Llama kind, raw and final, for lln-tools.

    dump_llama.py [FOLDER]

writes to FOLDER (.): config.json, as transformers does; raw.npz, what q_proj
and k_proj return, [batch entries x tokens x heads d]; final.npz, queries and
keys as they enter the logits, [batch entries x heads x tokens x d];
weights.npz, of the norms; entropy.txt, the mean entropy of each head. Then

    lln-entropy --kernel softmax --config config.json --arrays \\
        'q_norm=weights.npz:q_norm.{layer},k_norm=weights.npz:k_norm.{layer}' \\
        raw.npz
    lln-entropy --kernel softmax --config config.json --layout bhnd \\
        --qk-norm none --rope none final.npz

print these entropies twice. The model has queries that share keys, norms of
queries and keys (as Qwen 3), rotary embedding with the frequencies of Llama
3.1, and a sliding window in its last layer. A function in the place of
attention records what is final, and hooks of the projections what is raw.
"""
import json
import math
import pathlib
import sys

import numpy
import torch
from torch import nn

CONFIG = {
    "model_type": "qwen3",
    "hidden_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 512,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
    "use_sliding_window": True,
    "sliding_window": 20,
    "max_window_layers": 2,
}
HEADS = CONFIG["num_attention_heads"]
KEY_HEADS = CONFIG["num_key_value_heads"]
DIM = CONFIG["head_dim"]


class Norm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(1 + torch.rand(width))

    def forward(self, x):
        square = x.pow(2).mean(-1, keepdim=True)
        return x * torch.rsqrt(square + CONFIG["rms_norm_eps"]) * self.weight


def frequencies():
    """Inverse frequencies, scaled as in Llama 3.1."""
    scaling = CONFIG["rope_scaling"]
    f = CONFIG["rope_theta"] ** (-torch.arange(0, DIM, 2).double() / DIM)
    turns = f * scaling["original_max_position_embeddings"] / (2 * math.pi)
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    kept = ((turns - low) / (high - low)).clip(0, 1)
    return (1 - kept) * f / scaling["factor"] + kept * f


def turn(x):
    """Rotary embedding of channels c and c + d/2."""
    angle = torch.arange(x.shape[-2])[:, None] * frequencies()
    cosine, sine = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x.chunk(2, -1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)


def repeat(x):
    return x.repeat_interleave(HEADS // KEY_HEADS, 1)


def eager_attention_forward(module, query, key, value, mask, scaling, **kwargs):
    """Attention of one layer, with the arguments and the name that it has in
    transformers. Queries and keys are final here."""
    logits = query @ repeat(key).transpose(-1, -2) * scaling + mask
    weights = logits.softmax(-1)
    return (weights @ repeat(value)).transpose(1, 2), weights


# What a layer calls; to be replaced by one that records.
attention_function = eager_attention_forward


class Attention(nn.Module):
    def __init__(self, layer):
        super().__init__()
        hidden = CONFIG["hidden_size"]
        self.layer_idx = layer
        self.q_proj = nn.Linear(hidden, HEADS * DIM, bias=False)
        self.k_proj = nn.Linear(hidden, KEY_HEADS * DIM, bias=False)
        self.v_proj = nn.Linear(hidden, KEY_HEADS * DIM, bias=False)
        self.o_proj = nn.Linear(HEADS * DIM, hidden, bias=False)
        self.q_norm, self.k_norm = Norm(DIM), Norm(DIM)
        slides = layer >= CONFIG["max_window_layers"]
        self.window = CONFIG["sliding_window"] if slides else math.inf

    def mask(self, n):
        distance = torch.arange(n)[:, None] - torch.arange(n)
        seen = (distance >= 0) & (distance < self.window)
        return torch.zeros(n, n).masked_fill(~seen, -math.inf)

    def forward(self, x):
        q, k, v = (
            project(x).unflatten(-1, (-1, DIM)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = turn(self.q_norm(q)), turn(self.k_norm(k))
        mask = self.mask(x.shape[1])
        output, _ = attention_function(self, q, k, v, mask, DIM**-0.5)
        return x + self.o_proj(output.flatten(-2))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        layers = range(CONFIG["num_hidden_layers"])
        self.layers = nn.ModuleList(Attention(layer) for layer in layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def entropies(weights):
    """Mean entropy of the rows of each head."""
    p = weights.double()
    return -torch.xlogy(p, p).sum(-1).mean(-1)


def record(model, x):
    """Runs the model; raw and final arrays, and the entropies of heads."""
    global attention_function
    raw, final, found = {}, {}, []

    def record_final(module, query, key, value, mask, *args):
        final[f"layers.{module.layer_idx}.q"] = query.numpy()
        final[f"layers.{module.layer_idx}.k"] = key.numpy()
        output = eager_attention_forward(
            module, query, key, value, mask, *args
        )
        found.append(entropies(output[1]))
        return output

    def record_raw(key):
        def hook(module, inputs, output):
            raw[key] = output.numpy()

        return hook

    for number, layer in enumerate(model.layers):
        for name in "q_proj", "k_proj":
            hook = record_raw(f"layers.{number}.{name}")
            getattr(layer, name).register_forward_hook(hook)
    attention_function = record_final
    with torch.no_grad():
        model(x)
    attention_function = eager_attention_forward
    # In the order of the rows: batch entry, layer, head.
    return raw, final, torch.stack(found, 1).flatten().tolist()


def main():
    torch.manual_seed(3)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    model = Model()
    x = 2 * torch.randn(2, 70, CONFIG["hidden_size"])
    raw, final, expected = record(model, x)
    weights = {}
    for number, layer in enumerate(model.layers):
        for name in "q_norm", "k_norm":
            weight = getattr(layer, name).weight.detach().numpy()
            weights[f"{name}.{number}"] = weight
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    numpy.savez(folder / "raw.npz", **raw)
    numpy.savez(folder / "final.npz", **final)
    numpy.savez(folder / "weights.npz", **weights)
    lines = "".join(f"{h}\n" for h in expected)
    (folder / "entropy.txt").write_text(lines)


if __name__ == "__main__":
    main()
