#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""encoder.py [SOURCE]: makes encoder.safetensors and encoder.csv anew.

With SOURCE, a .safetensors file of arrays layers.L.{q,k,v} [heads x tokens x
features], layers 0 and 3, heads 0 and 1, tokens 0-255 of it become
encoder.safetensors. Then, in any case, the figures of encoder.safetensors and
some entries of O = P V (encoder_o.csv) are computed by numpy in float64 from
the full matrices.
"""
import json
import pathlib
import struct
import sys

import numpy

HERE = pathlib.Path(__file__).parent
LAYERS, HEADS, TOKENS = (0, 3), 2, 256
COLUMNS = (
    "layer,head,causal,entropy_nats,entropy_min_nats,entropy_max_nats,"
    "log_mean,log_variance,log_variance_row,skewness,excess_kurtosis,lambda2,"
    "unbiased_norm,centered_sigma1,max_logit,entropy_floor_nats"
)


def read(path):
    """Arrays of a .safetensors file of float16, by name."""
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, end = (8 + size + at for at in entry["data_offsets"])
        numbers = numpy.frombuffer(data[first:end], "<f2")
        arrays[name] = numbers.reshape(entry["shape"])
    return arrays


def write(path, arrays):
    header, data = {}, b""
    for name, array in arrays.items():
        numbers = numpy.ascontiguousarray(array).tobytes()
        header[name] = {
            "dtype": "F16",
            "shape": array.shape,
            "data_offsets": [len(data), len(data) + len(numbers)],
        }
        data += numbers
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def floor(logits):
    """Bound on the entropy of softmax, by the spread of the logits (Zhai et
    al. 2023, theorem 3.1)."""
    t = len(logits)
    if t == 1:
        return 0.0
    b = numpy.linalg.norm(logits - logits.mean())
    beta = numpy.exp(-b * (t / (t - 1)) ** 0.5)
    rest = (t - 1) * beta
    return numpy.log1p(rest) + b * (t * (t - 1)) ** 0.5 * beta / (1 + rest)


def figures(q, k, causal):
    """Of one head; rows with one key are left out of log statistics."""
    n, d = q.shape
    seen = numpy.tri(n, dtype=bool) if causal else numpy.ones((n, n), bool)
    logits = numpy.where(seen, q @ k.T / d**0.5, -numpy.inf)
    shifted = logits - logits.max(1, keepdims=True)
    log_p = shifted - numpy.log(numpy.exp(shifted).sum(1, keepdims=True))
    p = numpy.exp(log_p)
    entropy = -(p * numpy.where(seen, log_p, 0)).sum(1)
    rows = [log_p[i, seen[i]] for i in range(n) if seen[i].sum() > 1]
    entries = numpy.concatenate(rows)
    z = (entries - entries.mean()) / entries.std()
    return (
        entropy.mean(),
        entropy.min() + 0.0,  # no -0
        entropy.max(),
        entries.mean(),
        entries.var(),
        numpy.mean([row.var(ddof=1) for row in rows]),
        (z**3).mean(),
        (z**4).mean() - 3,
        numpy.sort(abs(numpy.linalg.eigvals(p)))[-2],
        numpy.linalg.norm(p - p.mean(0)),
        numpy.linalg.norm(p - p.mean(0), 2),
        logits.max(),
        numpy.mean([floor(logits[i, seen[i]]) for i in range(n)]),
    )


def scores(kernel, q, k):
    """ln A of softmax and of LLN with alpha 2.2 and beta 1.7."""
    if kernel == "softmax":
        return q @ k.T / q.shape[1] ** 0.5
    sums = 2.2 * q[:, None] + 1.7 * k[None]
    largest = sums.max(2)
    return largest + numpy.log(numpy.exp(sums - largest[..., None]).sum(2))


def output(kernel, q, k, v, causal):
    n = len(q)
    seen = numpy.tri(n, dtype=bool) if causal else numpy.ones((n, n), bool)
    logs = numpy.where(seen, scores(kernel, q, k), -numpy.inf)
    p = numpy.exp(logs - logs.max(1, keepdims=True))
    return p @ v / p.sum(1, keepdims=True)


def write_outputs(arrays):
    with open(HERE / "encoder_o.csv", "w", encoding="ascii") as out:
        print("kernel,layer,head,causal,token,feature,o", file=out)
        for kernel in ("softmax", "lln:alpha=2.2:beta=1.7"):
            for layer in LAYERS:
                for head in range(HEADS):
                    q, k, v = (
                        arrays[f"layers.{layer}.{role}"][head].astype(float)
                        for role in "qkv"
                    )
                    for causal in (0, 1):
                        o = output(kernel, q, k, v, causal)
                        for i in (0, 100, 255):
                            for j in (0, 63):
                                at = f"{kernel},{layer},{head},{causal},{i},{j}"
                                print(f"{at},{o[i, j]:.15g}", file=out)


def main():
    if len(sys.argv) > 1:
        source = read(sys.argv[1])
        names = [f"layers.{layer}.{role}" for layer in LAYERS for role in "qkv"]
        cut = {name: source[name][:HEADS, :TOKENS] for name in names}
        write(HERE / "encoder.safetensors", cut)
    arrays = read(HERE / "encoder.safetensors")
    with open(HERE / "encoder.csv", "w", encoding="ascii") as out:
        print(COLUMNS, file=out)
        for layer in LAYERS:
            for head in range(HEADS):
                q, k = (
                    arrays[f"layers.{layer}.{role}"][head].astype(float)
                    for role in "qk"
                )
                for causal in (0, 1):
                    numbers = figures(q, k, causal)
                    text = ",".join(f"{x:.15g}" for x in numbers)
                    print(f"{layer},{head},{causal},{text}", file=out)
    write_outputs(arrays)


main()
