# SPDX-License-Identifier: GPL-3.0-or-later
"""What attention with gradients costs in torch.

gradients.py softmax|lln N full|causal: nanoseconds for each of 256 heads of N x
16, forward and backward, of the processor, on one thread: the median of 15
batches after three to warm up. Exit 3 if torch is missing.
"""
import sys
import time

try:
    import torch
except ImportError:
    sys.exit(3)

HEADS, SIZE, WARM, RUNS = 256, 16, 3, 15
torch.set_num_threads(1)
name, n, causal = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "causal"
hidden = torch.triu(torch.ones(n, n, dtype=torch.bool), 1)


def softmax(q, k, v):
    s = torch.bmm(q, k.transpose(1, 2)) / SIZE**0.5
    if causal:
        s = s.masked_fill(hidden, float("-inf"))
    return torch.bmm(torch.softmax(s, -1), v)


def lln(q, k, v, alpha=2.14, beta=2.14):
    if causal:  # quicker than sums over tokens for so few of them
        w = torch.exp(beta * k - (beta * k).amax(1, keepdim=True))
        x = alpha * q + (beta * k).amax(1, keepdim=True)
        u = torch.exp(x - x.amax(2, keepdim=True))
        a = torch.bmm(u, w.transpose(1, 2)).masked_fill(hidden, 0)
        return torch.bmm(a / a.sum(2, keepdim=True), v)
    c = torch.logsumexp(beta * k, 1, keepdim=True)
    u = torch.softmax(alpha * q + c, -1)
    return torch.bmm(u, torch.bmm(torch.exp(beta * k - c).transpose(1, 2), v))


attention = {"softmax": softmax, "lln": lln}[name]
q, k, v = (torch.randn(HEADS, n, SIZE, requires_grad=True) for _ in range(3))
dout = torch.randn(HEADS, n, SIZE)
times = []
for _ in range(WARM + RUNS):
    q.grad = k.grad = v.grad = None
    start = time.process_time()
    attention(q, k, v).backward(dout)
    times.append((time.process_time() - start) * 1e9 / HEADS)
print(sorted(times[WARM:])[RUNS // 2])
