# SPDX-License-Identifier: GPL-3.0-or-later
"""What the same numbers cost in numpy, scipy and torch.

peers.py NAME FOLDER [ALPHA BETA]: median seconds on FOLDER/q.npy, k.npy and
v.npy in memory, float32, two threads, as a user would write it: of as many runs
as timing.h takes, after one to warm up. Exit 3 if a library is missing.
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


def probabilities():
    s = (q @ k.T) * scale
    s -= s.max(axis=1, keepdims=True)
    np.exp(s, out=s)
    s /= s.sum(axis=1, keepdims=True)
    return s


def numpy_entropy():
    p = probabilities()
    return -(p * np.log(p)).sum(axis=1).mean()


def torch_entropy():
    s = (torch.from_numpy(q) @ torch.from_numpy(k).T) * float(scale)
    p = torch.softmax(s, dim=1)
    return -(p * torch.log(p)).sum(dim=1).mean()


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


def scipy_eigs_softmax():
    return eigs(len(q), stored.__matmul__)


def scipy_eigs_softmax_float32():
    return eigs(len(q), stored.__matmul__, np.float32, 1e-5)


def scipy_eigs_lln():
    alpha, beta = map(float, sys.argv[3:5])
    u = np.exp(alpha * q - (alpha * q).max(axis=1, keepdims=True))
    w = np.exp(beta * k - (beta * k).max())
    u /= (u @ w.sum(axis=0))[:, None]
    u, w = u.astype(np.float64), w.astype(np.float64)
    return eigs(len(q), lambda x: u @ (w.T @ x))


def torch_softmax():
    p = torch.softmax((tq @ tk.T) * float(scale), dim=1)
    return p @ tv


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


if name in ("torch_softmax", "torch_lln", "torch_lln_causal"):
    tq, tk, tv = (torch.from_numpy(x) for x in (q, k, read("v.npy")))
if name == "scipy_eigs_softmax":
    stored = probabilities().astype(np.float64)
if name == "scipy_eigs_softmax_float32":
    stored = probabilities()
work = globals()[name]
times = []
while len(times) < 6 or (sum(times[1:]) < 0.5 and len(times) < 26):
    start = time.perf_counter()
    value = work()
    times.append(time.perf_counter() - start)
    if times[-1] > 5:
        break
print(np.median(times[1:] or times), np.ravel(value)[0])
