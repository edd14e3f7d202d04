# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch of heads costs in numpy, scipy and torch, in one process.

batches.py FOLDER: reads lines "NAME CAUSAL" and answers each with the seconds
of wall and processor time of NAME from FOLDER/q.npy, k.npy and v.npy [heads x n
x d, or n x d; float32] to the result, files included, and with a value to
compare. Two threads. A name that comes for the first time is warmed up, in the
form and with the number of heads at a time that are quickest. Answers "nan nan
nan" if a library is missing.
"""
import os
import pathlib
import sys
import time

# Read when the libraries are loaded; the BLAS is that of the tools.
os.environ.update(OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2")
try:
    import numpy as np
    import scipy.sparse.linalg
    import torch

    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
except ImportError:
    for _ in sys.stdin:
        print("nan nan nan", flush=True)
    sys.exit()

folder = pathlib.Path(sys.argv[1])
HIDDEN = -1e30  # exp gives 0, and 0 times it is 0


def read(name, heads):
    a = torch.from_numpy(np.load(folder / name))
    return (a if a.dim() == 3 else a[None])[:heads]


def logits(q, k, bias):
    scale = q.shape[2] ** -0.5
    if bias is None:
        return torch.bmm(q * scale, k.transpose(1, 2))
    return torch.baddbmm(bias, q, k.transpose(1, 2), alpha=scale)


def entropy(q, k, v, bias):
    """H = lse - E[s]."""
    s = logits(q, k, bias)
    return (torch.logsumexp(s, 2) - (torch.softmax(s, 2) * s).sum(2)).sum()


def entropy_one(q, k, v, bias):
    """The same, with lse from one entry of each row, and in place."""
    s = logits(q, k, bias)
    p = torch.softmax(s, 2)
    norm = s[:, :, 0] - torch.log(p[:, :, 0])
    return (norm - s.mul_(p).sum(2)).sum()


def entropy_log(q, k, v, bias):
    """H = -E[ln P]."""
    p = torch.softmax(logits(q, k, bias), 2)
    return -(p * torch.log(p.clamp_min(1e-38))).sum()


def stats(q, k, v, bias):
    """Moments of ln P, and its distance from normal, head by head."""
    n, total = q.shape[1], 0
    seen = None if bias is None else bias[0] == 0
    for x in torch.log_softmax(logits(q, k, bias), 2):
        x = x.flatten() if seen is None else x[seen]
        x = x - x.mean()
        z = torch.sort(x).values / x.std()
        z2 = z * z
        below = torch.arange(len(z)) / len(z)
        normal = torch.special.ndtr(z)
        total += (z2 * z).mean() + (z2 * z2).mean()
        total += max((normal - below).max(), (below - normal).max())
    return total


def attend(q, k, v, bias):
    return torch.bmm(torch.softmax(logits(q, k, bias), 2), v)


def spectral(q, k, v, bias):
    """|lambda_2| by Arnoldi iteration, to 1e-5, which float32 allows; with a
    causal mask the eigenvalues are the diagonal."""
    total = 0
    for p in torch.softmax(logits(q, k, bias), 2).numpy():
        if bias is not None:
            total += np.sort(p.diagonal())[-2]
            continue

        def deflated(x):
            y = p @ x
            return y - y.mean()

        start = np.random.default_rng(0).standard_normal(len(p))
        start = start.astype(np.float32)
        operator = scipy.sparse.linalg.LinearOperator(
            p.shape, deflated, dtype=np.float32
        )
        total += abs(
            scipy.sparse.linalg.eigs(
                operator, k=1, ncv=40, v0=start - start.mean(), tol=1e-5,
                return_eigenvectors=False,
            )[0]
        )
    return total


WORKS = {
    "entropy": (entropy, entropy_one, entropy_log),
    "stats": (stats,),
    "attend": (attend,),
    "spectral": (spectral,),
}


def run(work, chunk, causal, heads=None):
    """All heads, `chunk` at a time."""
    q, k = read("q.npy", heads), read("k.npy", heads)
    v = read("v.npy", heads) if work is attend else q
    bias = torch.full((q.shape[1],) * 2, HIDDEN).triu(1)[None] if causal else None
    parts = zip(*(x.split(chunk) for x in (q, k, v)))
    values = [work(*part, bias) for part in parts]
    if work is attend:
        out = torch.cat(values)
        np.save(folder / "out.npy", out.numpy())
        return float(out[0, 0, 0])
    return float(sum(values)) / len(q)


def seconds(*arguments):
    wall, processor = time.perf_counter(), time.process_time()
    value = run(*arguments)
    return (time.perf_counter() - wall, time.process_time() - processor, value)


def quickest(name, causal):
    """The form and chunk that take least on up to 16 heads. What goes head by
    head does not depend on the chunk."""
    if name in ("stats", "spectral"):
        seconds(WORKS[name][0], 4, causal, 4)
        return WORKS[name][0], 4
    choices = [
        (min(seconds(work, chunk, causal, 16)[0] for _ in range(3)), work, chunk)
        for work in WORKS[name]
        for chunk in (1, 2, 4, 16)
    ]
    return min(choices, key=lambda choice: choice[0])[1:]


chosen = {}
for line in sys.stdin:
    name, causal = line.split()
    if (name, causal) not in chosen:
        chosen[name, causal] = quickest(name, causal == "1")
    print(*seconds(*chosen[name, causal], causal == "1"), flush=True)
