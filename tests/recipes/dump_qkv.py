#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps queries, keys and values of a PyTorch model for lln-tools.

    with dump_qkv.Recorder() as recorder:
        for tokens, mask in batches:    # mask: 1 for tokens, 0 for padding
            recorder.start(mask)        # or recorder.start() without padding
            model(tokens, mask)
    print(recorder.save("heads.npz"))

save() writes arrays layers.L.q, .k and .v [batch entries x heads x tokens x d],
in half precision, and the number of tokens of each entry to heads.lengths. It
returns the command that measures them. The entries of all batches are in one
array, in order. Padding is moved to the end of each entry.

The arrays are those that enter the dot product: after rotary embedding and any
normalisation. Calls of torch.nn.functional.scaled_dot_product_attention (models
of transformers with attn_implementation="sdpa") and of
torch.nn.MultiheadAttention are recorded. Layer L is the L-th call of a batch.
Cross attention is not recorded. Masks other than padding and is_causal are not
recorded either.

    dump_qkv.py [heads.npz]

dumps a small encoder with random weights.
"""
import inspect
import math
import pathlib
import shlex
import sys

import numpy
import torch
import torch.nn.functional as functional

# Functions that an open Recorder replaces, if this PyTorch has them.
ATTENTION = ("scaled_dot_product_attention", "_scaled_dot_product_attention")
MULTIHEAD = "multi_head_attention_forward"


def project(arguments):
    """Queries, keys and values [batch x heads x tokens x d] of a call of
    multi_head_attention_forward."""
    bias = arguments.get("in_proj_bias")
    biases = bias.chunk(3) if bias is not None else (None,) * 3
    if arguments.get("use_separate_proj_weight"):
        weights = [arguments[f"{c}_proj_weight"] for c in "qkv"]
    else:
        weights = arguments["in_proj_weight"].chunk(3)
    heads = arguments["num_heads"]
    result = []
    for name, weight, bias in zip(("query", "key", "value"), weights, biases):
        x = arguments[name]  # tokens, batch, features
        x = x.unsqueeze(1) if x.dim() == 2 else x
        x = functional.linear(x, weight, bias)
        result.append(x.unflatten(-1, (heads, -1)).permute(1, 2, 0, 3))
    return result


class Recorder:
    """Records attention while it is open as a context."""

    def __init__(self):
        self.layers = []  # per layer, a list of (q, k, v) of entries
        self.lengths = []
        self.skipped = 0  # number of calls that are not self-attention
        self.causal = set()
        self.mask = None
        self.call = 0
        self.busy = False
        self.originals = {}

    def start(self, mask=None):
        """Starts a batch. mask [entries x tokens]: 1 or True for tokens."""
        self.mask = None if mask is None else mask.detach().bool().cpu()
        self.call = 0

    def keep(self, q, k, v, causal=False):
        """Records a call with tensors [entries x heads x tokens x d]."""
        q, k, v = (x.detach().cpu() for x in (q, k, v))
        if self.mask is None:
            self.mask = torch.ones(q.shape[0], q.shape[-2], dtype=torch.bool)
        same = (len(self.mask), self.mask.shape[1])
        if any((x.shape[0], x.shape[-2]) != same for x in (q, k, v)):
            self.skipped += 1
            return
        self.causal.add(causal)
        if self.call == 0:
            self.lengths += self.mask.sum(1).tolist()
        if self.call == len(self.layers):
            self.layers.append([])
        for entry, used in enumerate(self.mask):
            self.layers[self.call].append(
                [x[entry, :, used].half().numpy() for x in (q, k, v)]
            )
        self.call += 1

    def keep_attention(self, arguments):
        q, k, v = (arguments[name] for name in ("query", "key", "value"))
        scale = arguments.get("scale")
        if scale is not None:  # because the tools divide by sqrt(d)
            q = q * (scale * math.sqrt(q.shape[-1]))
        if q.dim() == 3:  # one head
            q, k, v = (x.unsqueeze(1) for x in (q, k, v))
        self.keep(q, k, v, bool(arguments.get("is_causal")))

    def wrap(self, name):
        original = self.originals[name] = getattr(functional, name)
        if name == MULTIHEAD:
            order = list(inspect.signature(original).parameters)
        else:  # a builtin, without a signature
            order = ["query", "key", "value", "attn_mask", "dropout_p"]
            order += ["is_causal"] if name == ATTENTION[0] else []

        def wrapper(*args, **kwargs):
            arguments = {**dict(zip(order, args)), **kwargs}
            if not self.busy and name == MULTIHEAD:
                self.keep(*project(arguments))
            elif not self.busy:
                self.keep_attention(arguments)
            outer, self.busy = self.busy, True  # nested calls
            try:
                return original(*args, **kwargs)
            finally:
                self.busy = outer

        setattr(functional, name, wrapper)

    def __enter__(self):
        for name in (*ATTENTION, MULTIHEAD):
            if hasattr(functional, name):
                self.wrap(name)
        return self

    def __exit__(self, *failure):
        for name, original in self.originals.items():
            setattr(functional, name, original)

    def save(self, path):
        """Writes the arrays; returns the command that measures them."""
        if not self.layers:
            raise RuntimeError(
                "no self-attention was recorded; torch.nn.TransformerEncoder "
                "does not call it under torch.no_grad(), and attention written "
                "by hand needs hooks of its own"
            )
        if any(len(layer) != len(self.lengths) for layer in self.layers):
            raise RuntimeError("batches had different numbers of layers")
        path = pathlib.Path(path)
        if path.suffix != ".npz":  # numpy would append it
            path = pathlib.Path(f"{path}.npz")
        lengths = path.with_suffix(".lengths")
        arrays = {}
        for number, layer in enumerate(self.layers):
            for role, entries in zip("qkv", zip(*layer)):
                key = f"layers.{number}.{role}"
                arrays[key] = pad(entries, max(self.lengths), key)
        numpy.savez(path, **arrays)
        lengths.write_text("".join(f"{n}\n" for n in self.lengths))
        words = ["lln-entropy", "--layout", "bhnd", "--lengths", lengths]
        words += ["--causal"] if self.causal == {True} else []
        return shlex.join(map(str, (*words, path)))


def pad(entries, tokens, key):
    """Joins arrays [heads x tokens x d], padded to the given tokens."""
    heads, _, d = entries[0].shape
    array = numpy.zeros((len(entries), heads, tokens, d), numpy.float16)
    for number, entry in enumerate(entries):
        array[number, :, : entry.shape[1]] = entry
    if not numpy.isfinite(array).all():
        raise RuntimeError(f"{key}: not finite, or beyond half precision")
    return array


def main():
    torch.manual_seed(1)
    layer = torch.nn.TransformerEncoderLayer(64, 4, batch_first=True)
    model = torch.nn.TransformerEncoder(layer, 2).eval()
    with Recorder() as recorder:
        for lengths in ((40, 25), (31, 12, 33)):
            tokens = torch.randn(len(lengths), max(lengths), 64)
            mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
            recorder.start(mask)
            model(tokens, src_key_padding_mask=~mask)
    print(recorder.save(sys.argv[1] if len(sys.argv) > 1 else "heads.npz"))


if __name__ == "__main__":
    main()
