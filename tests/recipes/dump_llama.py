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
3.1, and a sliding window in its last layer. It takes the way that hooks take in
any model: a function in the place of attention gets what is final, and forward
hooks of the projections what is raw.
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


def attend(layer, q, k, v, window):
    """Attention of one layer: the only function that a dump has to replace."""
    n = q.shape[-2]
    k, v = (x.repeat_interleave(HEADS // KEY_HEADS, 1) for x in (k, v))
    distance = torch.arange(n)[:, None] - torch.arange(n)
    seen = (distance >= 0) & (distance < window)
    logits = (q @ k.transpose(-1, -2)) / math.sqrt(DIM)
    return logits.masked_fill(~seen, -math.inf).softmax(-1), v


class Attention(nn.Module):
    def __init__(self, layer):
        super().__init__()
        hidden = CONFIG["hidden_size"]
        self.layer = layer
        self.q_proj = nn.Linear(hidden, HEADS * DIM, bias=False)
        self.k_proj = nn.Linear(hidden, KEY_HEADS * DIM, bias=False)
        self.v_proj = nn.Linear(hidden, KEY_HEADS * DIM, bias=False)
        self.o_proj = nn.Linear(HEADS * DIM, hidden, bias=False)
        self.q_norm, self.k_norm = Norm(DIM), Norm(DIM)
        slides = layer >= CONFIG["max_window_layers"]
        self.window = CONFIG["sliding_window"] if slides else math.inf

    def forward(self, x):
        q, k, v = (
            project(x).unflatten(-1, (-1, DIM)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = turn(self.q_norm(q)), turn(self.k_norm(k))
        p, v = attend(self.layer, q, k, v, self.window)
        return x + self.o_proj((p @ v).transpose(1, 2).flatten(-2))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        layers = range(CONFIG["num_hidden_layers"])
        self.layers = nn.ModuleList(Attention(layer) for layer in layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def record(model, x):
    """Runs the model; raw and final arrays, and the entropies of heads."""
    global attend
    raw, final, entropies = {}, {}, {}
    original = attend

    def attend_recorded(layer, q, k, v, window):
        final[f"layers.{layer}.q"] = q.numpy()
        final[f"layers.{layer}.k"] = k.numpy()
        p, v = original(layer, q, k, v, window)
        h = -torch.xlogy(p.double(), p.double()).sum(-1).mean(-1)
        entropies[layer] = h
        return p, v

    def keep(key):
        def hook(module, inputs, output):
            raw[key] = output.numpy()

        return hook

    for number, layer in enumerate(model.layers):
        layer.q_proj.register_forward_hook(keep(f"layers.{number}.q_proj"))
        layer.k_proj.register_forward_hook(keep(f"layers.{number}.k_proj"))
    attend = attend_recorded
    with torch.no_grad():
        model(x)
    attend = original
    # In the order of the rows: batch entry, layer, head.
    heads = torch.stack([entropies[layer] for layer in sorted(entropies)], 1)
    return raw, final, heads.flatten().tolist()


def main():
    torch.manual_seed(3)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    model = Model()
    raw, final, entropies = record(
        model, 2 * torch.randn(2, 70, CONFIG["hidden_size"])
    )
    weights = {}
    for number, layer in enumerate(model.layers):
        for name in "q_norm", "k_norm":
            weight = getattr(layer, name).weight.detach().numpy()
            weights[f"{name}.{number}"] = weight
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
    numpy.savez(folder / "raw.npz", **raw)
    numpy.savez(folder / "final.npz", **final)
    numpy.savez(folder / "weights.npz", **weights)
    lines = "".join(f"{h}\n" for h in entropies)
    (folder / "entropy.txt").write_text(lines)


if __name__ == "__main__":
    main()
