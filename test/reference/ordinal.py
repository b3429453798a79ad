"""Writes ordinal.json: log probabilities of ordered categories, in 60 digits, in the middle and far out in the
tails, and for thresholds that are nearly the same.

    pip install mpmath
    python3 test/reference/ordinal.py
"""

import json
import pathlib

import mpmath as mp

mp.mp.dps = 60

F = {
    "logit": lambda x: 1 / (1 + mp.exp(-x)),
    "probit": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "cloglog": lambda x: -mp.expm1(-mp.exp(x)),
    "cauchit": lambda x: mp.atan2(1, -x) / mp.pi,
}
# 1 - F, with the digits of the upper tail.
S = {
    "logit": lambda x: F["logit"](-x),
    "probit": lambda x: F["probit"](-x),
    "cloglog": lambda x: mp.exp(-mp.exp(x)),
    "cauchit": lambda x: F["cauchit"](-x),
}


def cumulative(link, eta, tau):
    f, s = F[link], S[link]
    last = len(tau)
    p = [f(tau[0] - eta)]
    for k in range(1, last):
        a, b = tau[k] - eta, tau[k - 1] - eta
        p.append(s(b) - s(a) if b > 0 else f(a) - f(b))
    return p + [s(tau[-1] - eta)]


def sratio(link, eta, tau):
    f, s = F[link], S[link]
    p, left = [], mp.mpf(1)
    for t in tau:
        p.append(left * f(t - eta))
        left *= s(t - eta)
    return p + [left]


def cratio(link, eta, tau):
    f, s = F[link], S[link]
    p, left = [], mp.mpf(1)
    for t in tau:
        p.append(left * s(eta - t))
        left *= f(eta - t)
    return p + [left]


def acat(link, eta, tau):
    f, s = F[link], S[link]
    p = [
        mp.fprod([f(eta - t) for t in tau[:k]] + [s(eta - t) for t in tau[k:]])
        for k in range(len(tau) + 1)
    ]
    return [x / sum(p) for x in p]


families = {"cumulative": cumulative, "sratio": sratio, "cratio": cratio, "acat": acat}
thresholds = {
    "usual": [-1.25, 0.5, 0.75, 2.0],
    "near": [-0.5, -0.5 + 2**-30, 1.0, 1.0 + 2**-12],
    "wide": [-6.0, -5.75, 4.5, 9.0],
    "two": [0.25],
}
etas = {
    "logit": [-700, -40, -3, 0, 0.3, 3, 40, 700],
    "probit": [-37, -12, -3, 0, 0.3, 3, 12, 37],
    "cloglog": [-5.5, -3, 0, 0.3, 3, 40, 600],
    "cauchit": [-1e8, -40, -3, 0, 0.3, 3, 40, 1e8],
}
cases = []
for family, probabilities in families.items():
    for link in F:
        for name, tau in thresholds.items():
            for eta in etas[link]:
                # Numbers below the least double have no logarithm here.
                p = probabilities(link, mp.mpf(eta), [mp.mpf(t) for t in tau])
                logs = [mp.log(x) if x > 0 else None for x in p]
                cases.append(
                    {
                        "family": family,
                        "link": link,
                        "eta": eta,
                        "thresholds": tau,
                        "logp": [None if x is None else float(x) for x in logs],
                    }
                )

target = pathlib.Path(__file__).with_suffix(".json")
lines = ",\n".join(json.dumps(case) for case in cases)
target.write_text("[\n" + lines + "\n]\n")
