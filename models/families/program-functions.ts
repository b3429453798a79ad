/**
 * The functions of programs (program.ts), by R's and Stan's names, each with its partial derivatives to the second
 * order; and the variates of programs that draw outcomes.
 */
import betaln from '@stdlib/math-base-special-betaln';
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import type { RandomStream } from '../../src/random/stream.js';
import { type LogTerms, log1mexp, newLogTerms, probabilityLink } from './links.js';
import { DENSITY_AT_ZERO, normalCdf, normalLogCdf } from './normal-tail.js';
import { betaVariate, binomialVariate, gammaVariate, poissonVariate } from './variates.js';

/** A function of one number. */
export interface UnaryFunction {
  value(u: number): number;
  /** f′(u), from u and f(u). */
  slope(u: number, f: number): number;
  /** f″(u), from u, f(u) and f′(u). */
  bend(u: number, f: number, slope: number): number;
}

/** Partial derivatives of a function f(u, v). */
export interface Slopes {
  u: number;
  v: number;
}

export interface Bends {
  uu: number;
  uv: number;
  vv: number;
}

/** A function of two numbers. */
export interface BinaryFunction {
  value(u: number, v: number): number;
  /** Overwrites the first partial derivatives, from u, v and f(u, v). */
  writeSlopes(u: number, v: number, f: number, target: Slopes): void;
  /** Overwrites the second partial derivatives. */
  writeBends(u: number, v: number, f: number, target: Bends): void;
}

const logit = probabilityLink('logit');

/** A function that is computed with its derivatives elsewhere. */
function fromTerms(write: (u: number, terms: LogTerms) => void): UnaryFunction {
  const terms = newLogTerms();
  const part = (name: keyof LogTerms) => (u: number) => {
    write(u, terms);
    return terms[name];
  };
  return { value: part('value'), slope: part('slope'), bend: part('curvature') };
}

/** Functions of one argument. `not` is 1 for 0 and 0 for any other number. */
export const unaryFunctions: Readonly<Record<string, UnaryFunction>> = {
  negative: { value: (u) => -u, slope: () => -1, bend: () => 0 },
  not: { value: (u) => (u === 0 ? 1 : 0), slope: () => 0, bend: () => 0 },
  exp: { value: Math.exp, slope: (_, f) => f, bend: (_, f) => f },
  expm1: { value: Math.expm1, slope: Math.exp, bend: Math.exp },
  log: { value: Math.log, slope: (u) => 1 / u, bend: (u) => -1 / (u * u) },
  log1p: {
    value: Math.log1p,
    slope: (u) => 1 / (1 + u),
    bend: (_u, _f, slope) => -slope * slope,
  },
  log1m: {
    value: (u) => Math.log1p(-u),
    slope: (u) => -1 / (1 - u),
    bend: (_u, _f, slope) => -slope * slope,
  },
  log1m_exp: {
    value: log1mexp,
    slope: (u) => -1 / Math.expm1(-u),
    bend: (_u, _f, slope) => slope * (1 - slope),
  },
  sqrt: { value: Math.sqrt, slope: (_, f) => 0.5 / f, bend: (u, f) => -0.25 / (u * f) },
  square: { value: (u) => u * u, slope: (u) => 2 * u, bend: () => 2 },
  abs: { value: Math.abs, slope: Math.sign, bend: () => 0 },
  sin: { value: Math.sin, slope: Math.cos, bend: (_, f) => -f },
  cos: { value: Math.cos, slope: (u) => -Math.sin(u), bend: (_, f) => -f },
  tan: { value: Math.tan, slope: (_, f) => 1 + f * f, bend: (_u, f, slope) => 2 * f * slope },
  tanh: { value: Math.tanh, slope: (_, f) => 1 - f * f, bend: (_u, f, slope) => -2 * f * slope },
  atan: {
    value: Math.atan,
    slope: (u) => 1 / (1 + u * u),
    bend: (u, _, slope) => -2 * u * slope * slope,
  },
  lgamma: { value: gammaln, slope: digamma, bend: trigamma },
  plogis: {
    value: logit.inverse,
    slope: (u, f) => f * logit.inverse(-u),
    bend: (u, f, slope) => slope * (logit.inverse(-u) - f),
  },
  log_plogis: fromTerms(logit.logSuccess),
  qlogis: {
    value: (u) => Math.log(u / (1 - u)),
    slope: (u) => 1 / (u * (1 - u)),
    bend: (u, _, slope) => slope * slope * (2 * u - 1),
  },
  pnorm: {
    value: normalCdf,
    slope: (u) => DENSITY_AT_ZERO * Math.exp(-0.5 * u * u),
    bend: (u, _, slope) => -u * slope,
  },
  log_pnorm: fromTerms(normalLogCdf),
};

/** 1 where the comparison holds, otherwise 0. */
function comparison(holds: (u: number, v: number) => boolean): BinaryFunction {
  return flat(
    (u, v) => (holds(u, v) ? 1 : 0),
    () => 0,
  );
}

/** A function with slopes of 0 and 1, and no curvature. @param share the slope by u; that by v is none or the rest */
function flat(
  value: BinaryFunction['value'],
  share: (u: number, v: number) => number,
  rest = 0,
): BinaryFunction {
  return {
    value,
    writeSlopes(u, v, _, target) {
      target.u = share(u, v);
      target.v = rest === 0 ? 0 : rest - target.u;
    },
    writeBends: (_u, _v, _f, target) => setBends(target, 0, 0, 0),
  };
}

function setSlopes(target: Slopes, u: number, v: number): void {
  target.u = u;
  target.v = v;
}

function setBends(target: Bends, uu: number, uv: number, vv: number): void {
  target.uu = uu;
  target.uv = uv;
  target.vv = vv;
}

/** Functions of two arguments. */
export const binaryFunctions: Readonly<Record<string, BinaryFunction>> = {
  '+': {
    value: (u, v) => u + v,
    writeSlopes: (_u, _v, _f, target) => setSlopes(target, 1, 1),
    writeBends: (_u, _v, _f, target) => setBends(target, 0, 0, 0),
  },
  '-': {
    value: (u, v) => u - v,
    writeSlopes: (_u, _v, _f, target) => setSlopes(target, 1, -1),
    writeBends: (_u, _v, _f, target) => setBends(target, 0, 0, 0),
  },
  '*': {
    value: (u, v) => u * v,
    writeSlopes: (u, v, _, target) => setSlopes(target, v, u),
    writeBends: (_u, _v, _f, target) => setBends(target, 0, 1, 0),
  },
  '/': {
    value: (u, v) => u / v,
    writeSlopes: (_, v, f, target) => setSlopes(target, 1 / v, -f / v),
    writeBends: (_, v, f, target) => setBends(target, 0, -1 / (v * v), (2 * f) / (v * v)),
  },
  '^': {
    value: (u, v) => u ** v,
    writeSlopes: (u, v, f, target) =>
      setSlopes(target, v === 0 ? 0 : v * u ** (v - 1), f * Math.log(u)),
    writeBends(u, v, f, target) {
      const log = Math.log(u);
      const uu = v === 0 || v === 1 ? 0 : v * (v - 1) * u ** (v - 2);
      setBends(target, uu, u ** (v - 1) * (1 + v * log), f * log * log);
    },
  },
  '<': comparison((u, v) => u < v),
  '<=': comparison((u, v) => u <= v),
  '>': comparison((u, v) => u > v),
  '>=': comparison((u, v) => u >= v),
  '==': comparison((u, v) => u === v),
  '!=': comparison((u, v) => u !== v),
  '&': comparison((u, v) => u !== 0 && v !== 0),
  '|': comparison((u, v) => u !== 0 || v !== 0),
  min: flat(Math.min, (u, v) => (u <= v ? 1 : 0), 1),
  max: flat(Math.max, (u, v) => (u >= v ? 1 : 0), 1),
  log_sum_exp: {
    value(u, v) {
      const most = Math.max(u, v);
      return Number.isFinite(most) ? most + Math.log1p(Math.exp(-Math.abs(u - v))) : most;
    },
    writeSlopes: (u, v, _, target) => setSlopes(target, logit.inverse(u - v), logit.inverse(v - u)),
    writeBends(u, v, _, target) {
      const bend = logit.inverse(u - v) * logit.inverse(v - u);
      setBends(target, bend, -bend, bend);
    },
  },
  lbeta: {
    value: betaln,
    writeSlopes(u, v, _, target) {
      const both = digamma(u + v);
      setSlopes(target, digamma(u) - both, digamma(v) - both);
    },
    writeBends(u, v, _, target) {
      const both = trigamma(u + v);
      setBends(target, trigamma(u) - both, -both, trigamma(v) - both);
    },
  },
  lchoose: {
    value: (u, v) => (v === 0 || v === u ? 0 : -Math.log(u + 1) - betaln(v + 1, u - v + 1)),
    writeSlopes(u, v, _, target) {
      const rest = digamma(u - v + 1);
      setSlopes(target, digamma(u + 1) - rest, rest - digamma(v + 1));
    },
    writeBends(u, v, _, target) {
      const rest = trigamma(u - v + 1);
      setBends(target, trigamma(u + 1) - rest, rest, -rest - trigamma(v + 1));
    },
  },
};

interface Variate {
  readonly parameters: number;
  readonly draw: (random: RandomStream, first: number, second: number) => number;
}

/** Variates by R's names without their first argument, the number of them. */
export const variates: Readonly<Record<string, Variate>> = {
  runif: { parameters: 2, draw: (random, low, high) => low + (high - low) * random.uniform() },
  rnorm: { parameters: 2, draw: (random, mean, sd) => mean + sd * random.normal() },
  rexp: { parameters: 1, draw: (random, rate) => -Math.log1p(-random.uniform()) / rate },
  rgamma: { parameters: 2, draw: (random, shape, rate) => gammaVariate(shape, random) / rate },
  rbeta: { parameters: 2, draw: (random, alpha, beta) => betaVariate(alpha, beta, random) },
  rpois: { parameters: 1, draw: (random, mean) => poissonVariate(mean, random) },
  rbinom: {
    parameters: 2,
    draw: (random, trials, share) => binomialVariate(trials, share, random),
  },
};
