# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints the losses that tests/test_train_reference.c expects: PyTorch trains
# the same models, in float64, from the same weights and batches. Run by hand:
#     python3 tests/train_reference.py
import math

import numpy
import torch
from torch.nn import functional

STEPS, BATCHES, BATCH = 50, 4, 8
WIDTH, DEPTH, HEADS, MLP = 16, 2, 2, 24
RATE, DECAY, WARM_UP, ALPHA, BETA = 1e-2, 0.05, 5, 1.25, 0.75


def mixed(i):
    """The finaliser of MurmurHash3, in 32 bits."""
    i = numpy.asarray(i).astype(numpy.uint64)
    mask = numpy.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        i = ((i ^ (i >> numpy.uint64(shift))) * numpy.uint64(factor)) & mask
    return i


def uniform(i):
    """Between -1 and 1."""
    return mixed(i).astype(float) / 2.0**31 - 1


class Weights:
    """Tensors in the order of src/train/parts.c."""

    def __init__(self):
        self.next, self.decay, self.plain = 0, [], []

    def take(self, rows, columns, middle=0.0, decays=False):
        i = numpy.arange(rows * columns) + self.next
        self.next += rows * columns
        values = middle + 0.3 * uniform(i)
        tensor = torch.tensor(values.reshape(rows, columns))
        tensor.requires_grad_()
        (self.decay if decays else self.plain).append(tensor)
        return tensor

    def linear(self, inputs, outputs):
        return (self.take(outputs, inputs, decays=True),
                self.take(1, outputs)[0:1])

    def norm(self):
        return self.take(1, WIDTH, 1.0), self.take(1, WIDTH)


def linear(x, parameters):
    return x @ parameters[0].T + parameters[1]


def norm(x, parameters):
    return functional.layer_norm(x, (WIDTH,)) * parameters[0] + parameters[1]


def softmax(q, k, causal):
    logits = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        hidden = torch.ones(logits.shape[-2:]).triu(1).bool()
        logits = logits.masked_fill(hidden, -math.inf)
    return logits.softmax(-1)


def lln(q, k, causal):
    weights = (ALPHA * q).exp() @ (BETA * k).exp().transpose(-1, -2)
    if causal:
        weights = weights.tril()
    return weights / weights.sum(-1, keepdim=True)


class Model:
    def __init__(self, tokens, inputs, vocabulary, classes, causal, attention):
        w = self.weights = Weights()
        self.causal, self.attention = causal, attention
        if vocabulary:
            self.table = w.take(vocabulary, WIDTH, decays=True)
        else:
            self.map = w.linear(inputs, WIDTH)
        self.vocabulary = vocabulary
        self.positions = w.take(tokens, WIDTH, decays=True)
        self.blocks = [(w.norm(), w.linear(WIDTH, 3 * WIDTH),
                        w.linear(WIDTH, WIDTH), w.norm(),
                        w.linear(WIDTH, MLP), w.linear(MLP, WIDTH))
                       for _ in range(DEPTH)]
        self.norm = w.norm()
        self.head = w.linear(WIDTH, classes)

    def block(self, x, norm1, qkv, out, norm2, up, down):
        batch, tokens, _ = x.shape
        q, k, v = (part.reshape(batch, tokens, HEADS, -1).transpose(1, 2)
                   for part in linear(norm(x, norm1), qkv).split(WIDTH, -1))
        mixed_values = self.attention(q, k, self.causal) @ v
        x = x + linear(mixed_values.transpose(1, 2).reshape(x.shape), out)
        return x + linear(functional.gelu(linear(norm(x, norm2), up)), down)

    def loss(self, inputs, answers):
        if self.vocabulary:
            x = self.table[inputs]
        else:
            x = linear(inputs, self.map)
        x = x + self.positions
        for block in self.blocks:
            x = self.block(x, *block)
        x = norm(x, self.norm)
        if not self.vocabulary:
            return functional.cross_entropy(linear(x.mean(1), self.head),
                                            answers)
        chosen = answers >= 0
        return functional.cross_entropy(linear(x[chosen], self.head),
                                        answers[chosen])


def batch_of(step, tokens, inputs, vocabulary, classes):
    """Batch `step` mod BATCHES; sequences have an answer at every third
    position."""
    first = 100000 * (step % BATCHES + 1)
    rows = BATCH * tokens
    if not vocabulary:
        values = uniform(first + numpy.arange(rows * inputs))
        values = values.astype(numpy.float32).reshape(BATCH, tokens, inputs)
        answers = mixed(first + numpy.arange(BATCH)) % numpy.uint64(classes)
        return (torch.tensor(values.astype(float)),
                torch.tensor(answers.astype(numpy.int64)))
    i = numpy.arange(rows)
    symbols = mixed(first + i) % numpy.uint64(vocabulary)
    answers = (mixed(first + rows + i) % numpy.uint64(classes)).astype(int)
    answers[i % 3 != 0] = -1
    return (torch.tensor(symbols.astype(numpy.int64).reshape(BATCH, tokens)),
            torch.tensor(answers.reshape(BATCH, tokens)))


def rate(step):
    if step < WARM_UP:
        return (step + 1) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (STEPS - WARM_UP)))


def losses(attention, clip, causal, *shape):
    model = Model(*shape, causal, attention)
    parameters = model.weights.decay + model.weights.plain
    optimiser = torch.optim.AdamW(
        [{"params": model.weights.decay, "weight_decay": DECAY},
         {"params": model.weights.plain, "weight_decay": 0}], RATE)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    for step in range(STEPS):
        loss = model.loss(*batch_of(step, *shape))
        optimiser.zero_grad()
        loss.backward()
        size = math.sqrt(sum((p.grad**2).sum().item() for p in parameters))
        if clip and size > clip:
            for p in parameters:
                p.grad *= clip / size
        optimiser.step()
        schedule.step()
        yield loss.item()


def show(name, *arguments):
    print(f"static const double {name}[] = {{")
    values = [f"{x:.12g}," for x in losses(*arguments)]
    for i in range(0, STEPS, 4):
        print("    " + " ".join(values[i:i + 4]))
    print("};")


torch.set_num_threads(1)
show("patches_softmax", softmax, 0, False, 9, 4, 0, 5)
show("sequence_softmax", softmax, 1.0, True, 12, 0, 11, 7)
show("sequence_lln", lln, 0, True, 12, 0, 11, 7)
