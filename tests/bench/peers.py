# SPDX-License-Identifier: GPL-3.0-or-later
"""What the same numbers cost in numpy, scipy and torch.

peers.py NAME Q.npy K.npy [ALPHA BETA]: median seconds of five runs on arrays
in memory after one run to warm up, float32, as a user would write it; fewer
runs where one takes over five seconds. Exit 3 if a library is missing.
"""
import sys
import time

try:
    import numpy as np

    name, q_path, k_path = sys.argv[1:4]
    if name.startswith("torch"):
        import torch
    if name.startswith("scipy"):
        import scipy.sparse.linalg
        import scipy.stats
except ImportError:
    sys.exit(3)

q = np.load(q_path).astype(np.float32)
k = np.load(k_path).astype(np.float32)
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


def eigs(n, product):
    def deflated(x):
        y = product(x)
        return y - y.mean()

    start = np.random.default_rng(0).standard_normal(n)
    operator = scipy.sparse.linalg.LinearOperator((n, n), deflated, dtype=float)
    return abs(
        scipy.sparse.linalg.eigs(
            operator, k=1, ncv=40, v0=start - start.mean(), tol=1e-8,
            return_eigenvectors=False,
        )[0]
    )


def scipy_eigs_softmax():
    return eigs(len(q), stored.__matmul__)


def scipy_eigs_lln():
    alpha, beta = map(float, sys.argv[4:6])
    u = np.exp(alpha * q - (alpha * q).max(axis=1, keepdims=True))
    w = np.exp(beta * k - (beta * k).max())
    u /= (u @ w.sum(axis=0))[:, None]
    return eigs(len(q), lambda x: u @ (w.T @ x))


if name == "scipy_eigs_softmax":
    stored = probabilities()
work = globals()[name]
times = []
for run in range(6):
    start = time.perf_counter()
    value = work()
    times.append(time.perf_counter() - start)
    if times[-1] > 5:
        break
print(np.median(times[1:] or times), np.ravel(value)[0])
