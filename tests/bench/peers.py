# SPDX-License-Identifier: GPL-3.0-or-later
"""What the same numbers cost in numpy, scipy and torch.

peers.py NAME FOLDER [ALPHA BETA]: median seconds from FOLDER/q.npy, k.npy and
v.npy in memory, float32 unless the name says float64, two threads, in the
quickest form that a user would write: of as many runs as timing.h takes, after
one to warm up. All work from queries and keys to the value is timed. Exit 3 if a
library is missing.
"""
import os
import pathlib
import sys
import time

# Read when the libraries are loaded; the BLAS is that of the tools.
os.environ.update(OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2")
try:
    import numpy as np

    name, folder = sys.argv[1:3]
    if name.startswith("torch"):
        import torch

        torch.set_num_threads(2)
        torch.set_grad_enabled(False)
    if name.startswith("scipy"):
        import scipy.sparse.linalg
        import scipy.stats
except ImportError:
    sys.exit(3)


def read(name):
    return np.load(pathlib.Path(folder, name)).astype(np.float32)


q, k = read("q.npy"), read("k.npy")
scale = np.float32(1 / np.sqrt(q.shape[1]))


# Rows of P at a time: numpy takes 1.6 times as long on 8192 x 8192 at once,
# which no cache holds.
CHUNK = 64


def probabilities(q=q):
    s = (q @ k.T) * scale
    s -= s.max(axis=1, keepdims=True)
    np.exp(s, out=s)
    s /= s.sum(axis=1, keepdims=True)
    return s


def numpy_entropy():
    total = 0
    for start in range(0, len(q), CHUNK):
        p = probabilities(q[start : start + CHUNK])
        total -= (p * np.log(p)).sum()
    return total / len(q)


def torch_probabilities(part):
    return torch.softmax((part @ tk.T) * float(scale), dim=1)


def torch_entropy():
    total = 0
    for part in tq.split(CHUNK):
        p = torch_probabilities(part)
        total -= (p * torch.log(p)).sum()
    return total / len(q)


def scipy_stats():
    log_p = np.log(probabilities()).ravel()
    return log_p.std(), scipy.stats.skew(log_p), scipy.stats.kurtosis(log_p)


def eigs(n, product, dtype=np.float64, tol=1e-8):
    """Numbers of the product and of the vectors are of one type: numpy would
    convert a float32 matrix anew for each product with a float64 vector."""

    def deflated(x):
        y = product(x)
        return y - y.mean()

    start = np.random.default_rng(0).standard_normal(n).astype(dtype)
    operator = scipy.sparse.linalg.LinearOperator((n, n), deflated, dtype=dtype)
    return abs(
        scipy.sparse.linalg.eigs(
            operator, k=1, ncv=40, v0=start - start.mean(), tol=tol,
            return_eigenvectors=False,
        )[0]
    )


def scipy_eigs_softmax_float64():
    return eigs(len(q), probabilities().astype(np.float64).__matmul__)


def scipy_eigs_softmax_float32():
    """To 1e-5, which is what float32 products allow."""
    return eigs(len(q), probabilities().__matmul__, np.float32, 1e-5)


def scipy_eigs_lln():
    alpha, beta = map(float, sys.argv[3:5])
    u = np.exp(alpha * q - (alpha * q).max(axis=1, keepdims=True))
    w = np.exp(beta * k - (beta * k).max())
    u /= (u @ w.sum(axis=0))[:, None]
    u, w = u.astype(np.float64), w.astype(np.float64)
    return eigs(len(q), lambda x: u @ (w.T @ x))


def torch_softmax():
    return torch.cat([torch_probabilities(part) @ tv for part in tq.split(CHUNK)])


def torch_features():
    """Those of the published code: the maximum over the channels of a query,
    and over all tokens and channels for the keys."""
    alpha, beta = map(float, sys.argv[3:5])
    fq = torch.exp(alpha * tq - (alpha * tq).amax(dim=1, keepdim=True))
    fk = torch.exp(beta * tk - (beta * tk).amax())
    return fq, fk


def torch_lln():
    fq, fk = torch_features()
    return (fq @ (fk.T @ tv)) / (fq @ fk.sum(dim=0) + 1e-8)[:, None]


def torch_lln_causal(chunk=128):
    """Chunks: what came before as a d x dv sum, their own tokens as a
    triangle."""
    fq, fk = torch_features()
    out = torch.empty_like(tv)
    before = torch.zeros(tq.shape[1], tv.shape[1])
    norm = torch.zeros(tq.shape[1])
    parts = (x.split(chunk) for x in (fq, fk, tv, out))
    for a, b, v, o in zip(*parts):
        scores = torch.tril(a @ b.T)
        total = a @ norm + scores.sum(dim=1) + 1e-8
        o[:] = (a @ before + scores @ v) / total[:, None]
        before += b.T @ v
        norm += b.sum(dim=0)
    return out


if name.startswith("torch"):
    tq, tk = torch.from_numpy(q), torch.from_numpy(k)
if name in ("torch_softmax", "torch_lln", "torch_lln_causal"):
    tv = torch.from_numpy(read("v.npy"))
work = globals()[name]
times = []
while len(times) < 6 or (sum(times[1:]) < 0.5 and len(times) < 26):
    start = time.perf_counter()
    value = work()
    times.append(time.perf_counter() - start)
    if times[-1] > 5:
        break
print(np.median(times[1:] or times), np.ravel(value)[0])
