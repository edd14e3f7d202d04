# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training step costs in torch, in one process that is warm.

train.py: reads lines "KERNEL TOKENS INPUTS CLASSES BATCH WIDTH DEPTH HEADS MLP"
and answers each with the seconds of wall and processor time of one step:
forward, backward and AdamW, of the model that lln-train trains, in float32 on
two threads. A line that comes for the first time is warmed up, with the form of
attention and of AdamW that is quickest. Answers "nan nan" if torch is missing.
"""
import os
import sys
import time

os.environ.update(OPENBLAS_NUM_THREADS="2", OMP_NUM_THREADS="2")
try:
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(2)
except ImportError:
    for _ in sys.stdin:
        print("nan nan", flush=True)
    sys.exit()


def softmax(q, k, v):
    s = torch.bmm(q * q.shape[2] ** -0.5, k.transpose(1, 2))
    return torch.bmm(torch.softmax(s, 2), v)


def softmax_inside(q, k, v):
    s = torch.baddbmm(EMPTY, q, k.transpose(1, 2), beta=0,
                      alpha=q.shape[2] ** -0.5)
    return torch.bmm(torch.softmax(s, 2), v)


def softmax_of_torch(q, k, v):
    attend = getattr(F, "scaled_dot_product_attention", None)
    if attend:
        return attend(q, k, v)
    return F._scaled_dot_product_attention(q, k, v)[0]


def lln(q, k, v):
    a, b = torch.exp(2.1 * q), torch.exp(2.1 * k)
    sums = torch.bmm(a, b.sum(1).unsqueeze(2))
    return torch.bmm(a, torch.bmm(b.transpose(1, 2), v)) / sums


def lln_joined(q, k, v):
    """The sums of the rows as one more column of v."""
    a, b = torch.exp(2.1 * q), torch.exp(2.1 * k)
    o = torch.bmm(a, torch.bmm(b.transpose(1, 2), F.pad(v, (0, 1), value=1.0)))
    return o[:, :, :-1] / o[:, :, -1:]


EMPTY = torch.zeros(())
FORMS = {"softmax": (softmax, softmax_inside, softmax_of_torch),
         "lln": (lln, lln_joined)}


class Step:
    def __init__(self, form, foreach, tokens, inputs, classes, batch, width,
                 depth, heads, mlp):
        self.form, self.heads = form, heads
        torch.manual_seed(1)
        nn = torch.nn
        self.x = torch.randn(batch, tokens, inputs)
        self.y = torch.randint(classes, (batch,))
        self.embed = nn.Linear(inputs, width)
        self.place = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.blocks = [
            (nn.LayerNorm(width), nn.Linear(width, 3 * width),
             nn.Linear(width, width), nn.LayerNorm(width),
             nn.Linear(width, mlp), nn.Linear(mlp, width))
            for _ in range(depth)]
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, classes)
        modules = [self.embed, self.norm, self.head, *sum(self.blocks, ())]
        weights = [self.place] + [p for m in modules for p in m.parameters()]
        self.optimiser = torch.optim.AdamW(weights, 1e-3, foreach=foreach)

    def attend(self, x, fused, out):
        batch, tokens, width = x.shape
        qkv = fused(x).view(batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).reshape(
            3, batch * self.heads, tokens, width // self.heads).unbind(0)
        o = self.form(q, k, v).view(batch, self.heads, tokens, -1)
        return out(o.transpose(1, 2).reshape(batch, tokens, width))

    def __call__(self):
        x = self.embed(self.x) + self.place
        for norm1, fused, out, norm2, up, down in self.blocks:
            x = x + self.attend(norm1(x), fused, out)
            x = x + down(F.gelu(up(norm2(x))))
        loss = F.cross_entropy(self.head(self.norm(x).mean(1)), self.y)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()


def time_of(step):
    start, cpu = time.perf_counter(), time.process_time()
    step()
    return time.perf_counter() - start, time.process_time() - cpu


def quickest(kernel, sizes):
    """Of all forms, by the least processor time of five steps."""
    steps = [Step(form, foreach, *sizes)
             for form in FORMS[kernel] for foreach in (False, True)]
    for step in steps:
        step()
    return min(steps, key=lambda s: min(time_of(s)[1] for _ in range(5)))


known = {}
for line in sys.stdin:
    kernel, *sizes = line.split()
    if line not in known:
        known[line] = quickest(kernel, [int(size) for size in sizes])
    print(*time_of(known[line]), flush=True)
