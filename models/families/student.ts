/**
 * Outcomes with tails heavier than a normal's: regression that outliers do not pull.
 *
 *     y ~ student_t(ν, μ, σ),  ν > 1,  g(μ) = η;   links: identity, log, inverse
 *
 *     log p = C(ν) − log σ − (ν + 1)/2 · log(1 + r²/(ν σ²)),   r = y − μ
 *     C(ν)  = log Γ((ν + 1)/2) − log Γ(ν/2) − ½ log(ν π)
 *
 * With D = ν σ² + r² all derivatives are rational:
 *
 *     d/dμ = (ν + 1) r/D,  d/dσ = (ν + 1) r²/(σ D) − 1/σ,
 *     d/dν = C′ − ½ log(D/(ν σ²)) + (ν + 1) r²/(2 ν D).
 *
 * Logarithms are taken of products of many rows' D/(ν σ²); C once an evaluation.
 */
import digamma from '@stdlib/math-base-special-digamma';
import trigamma from '@stdlib/math-base-special-trigamma';
import { studentTConstant, studentTKernel } from '../../src/linear-algebra/student-t.js';
import type { RandomStream } from '../../src/random/stream.js';
import { type RowDensity, setBoth } from './by-rows.js';
import {
  cellOf,
  type Family,
  numberOfCells,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
  totalWeight,
  weightOf,
} from './family.js';
import { newIncompleteBeta, writeIncompleteBeta } from './incomplete-beta.js';
import { meanLink, throughLink } from './links.js';
import { studentWriter } from './many-variates.js';
import type { RowTails } from './tails.js';
import { gammaVariate } from './variates.js';

/** Products and factors are below it, so that one times the other does not overflow. */
const MOST = 1e150;

export function studentFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return throughLink(family, atMean(outcomes), numberOfCells(outcomes));
}

/** C′(ν). */
export function studentConstantSlope(nu: number): number {
  return 0.5 * (digamma(0.5 * (nu + 1)) - digamma(0.5 * nu) - 1 / nu);
}

/** C″(ν). */
function constantCurvature(nu: number): number {
  return 0.25 * (trigamma(0.5 * (nu + 1)) - trigamma(0.5 * nu)) + 0.5 / (nu * nu);
}

function atMean(outcomes: Outcomes): ResponseFamily {
  const { rows, values, weights } = outcomes;
  const total = totalWeight(outcomes);
  const place = Int32Array.from({ length: rows }, (_, i) => cellOf(outcomes, i));

  return {
    family: { family: 'student', link: 'identity' },
    auxiliary: ['sigma', 'nu'],
    logLikelihood(mu, aux, muGradient, auxGradient) {
      const sigma = aux[0];
      const nu = aux[1];
      const spread = nu * sigma * sigma;
      const inverseSpread = 1 / spread;
      let logs = 0;
      let product = 1;
      // Σ r²/D.
      let shares = 0;
      muGradient.fill(0);
      for (let i = 0; i < rows; i++) {
        const cell = place[i];
        const residual = values[i] - mu[cell];
        const square = residual * residual;
        const weight = weights ? weights[i] : 1;
        const inverse = weight / (spread + square);
        muGradient[cell] += (nu + 1) * residual * inverse;
        shares += square * inverse;
        const factor = 1 + square * inverseSpread;
        if (weight !== 1 || factor > MOST) {
          logs += weight * Math.log(factor);
        } else {
          product *= factor;
          if (product > MOST) {
            logs += Math.log(product);
            product = 1;
          }
        }
      }
      logs += Math.log(product);
      auxGradient[0] = ((nu + 1) * shares - total) / sigma;
      auxGradient[1] =
        total * studentConstantSlope(nu) - 0.5 * logs + (0.5 * (nu + 1) * shares) / nu;
      return total * (studentTConstant(nu) - Math.log(sigma)) - 0.5 * (nu + 1) * logs;
    },
    curvature(mu, aux, muCurvature, cross, auxCurvature) {
      writeCurvature(outcomes, mu, aux, muCurvature, cross, auxCurvature);
    },
  };
}

function writeCurvature(
  outcomes: Outcomes,
  mu: Float64Array,
  [sigma, nu]: Float64Array,
  muCurvature: Float64Array,
  cross: Float64Array,
  auxCurvature: Float64Array,
): void {
  const cells = mu.length;
  const variance = sigma * sigma;
  const spread = nu * variance;
  let ofSigma = 0;
  let ofBoth = 0;
  let ofNu = 0;
  muCurvature.fill(0);
  cross.fill(0);
  for (let i = 0; i < outcomes.rows; i++) {
    const cell = cellOf(outcomes, i);
    const residual = outcomes.values[i] - mu[cell];
    const square = residual * residual;
    const weight = weightOf(outcomes, i);
    const d = spread + square;
    const inSquare = weight / (d * d);
    muCurvature[cell] += (nu + 1) * (square - spread) * inSquare;
    cross[cell] -= 2 * (nu + 1) * nu * sigma * residual * inSquare;
    cross[cells + cell] += residual * (square - variance) * inSquare;
    ofSigma += (weight - (nu + 1) * square * (d + 2 * spread) * inSquare) / variance;
    ofBoth += (square * (square - variance) * inSquare) / sigma;
    ofNu +=
      (weight * square) / (nu * d) -
      (0.5 * (nu + 1) * square * (d + spread) * inSquare) / (nu * nu);
  }
  auxCurvature[0] = ofSigma;
  auxCurvature[1] = ofBoth;
  auxCurvature[2] = ofBoth;
  auxCurvature[3] = totalWeight(outcomes) * constantCurvature(nu) + ofNu;
}

/** The density of one outcome, by its mean, σ and ν. */
export function studentRow(): RowDensity {
  let sigma = Number.NaN;
  let nu = Number.NaN;
  let constant = Number.NaN;
  let constantSlope = Number.NaN;
  return {
    prepare(aux) {
      if (aux[1] !== nu) {
        constant = studentTConstant(aux[1]);
        constantSlope = studentConstantSlope(aux[1]);
      }
      sigma = aux[0];
      nu = aux[1];
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const residual = y - mu;
      const square = residual * residual;
      const spread = nu * sigma * sigma;
      const d = spread + square;
      const z = residual / sigma;
      const logs = Math.log1p((z * z) / nu);
      if (slopes) {
        slopes[0] = ((nu + 1) * residual) / d;
        slopes[1] = (((nu + 1) * square) / d - 1) / sigma;
        slopes[2] = constantSlope - 0.5 * logs + (0.5 * (nu + 1) * square) / (nu * d);
      }
      return constant - Math.log(sigma) - 0.5 * (nu + 1) * logs;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const residual = y - mu;
      const square = residual * residual;
      const variance = sigma * sigma;
      const spread = nu * variance;
      const d = spread + square;
      const inSquare = 1 / (d * d);
      target[0] = (nu + 1) * (square - spread) * inSquare;
      setBoth(target, 3, 0, 1, -2 * (nu + 1) * nu * sigma * residual * inSquare);
      setBoth(target, 3, 0, 2, residual * (square - variance) * inSquare);
      target[4] = (1 - (nu + 1) * square * (d + 2 * spread) * inSquare) / variance;
      setBoth(target, 3, 1, 2, (square * (square - variance) * inSquare) / sigma);
      target[8] =
        constantCurvature(nu) +
        square / (nu * d) -
        (0.5 * (nu + 1) * square * (d + spread) * inSquare) / (nu * nu);
    },
    constant: () => 0,
  };
}

/**
 * With t = (y − μ)/σ, the tail beyond |t| is ½ I_x(ν/2, ½) at x = ν/(ν + t²), and the density of t is f. With
 * h(t) = (ν + t²) f(t)/(ν − 1), E(T; a < T ≤ b) = h(a) − h(b).
 */
export function studentTails(): RowTails {
  const both = newIncompleteBeta();
  let sigma = Number.NaN;
  let nu = Number.NaN;
  let constant = Number.NaN;
  const logDensity = (t: number) => constant - 0.5 * (nu + 1) * Math.log1p((t * t) / nu);
  const h = (t: number) =>
    Number.isFinite(t) ? ((nu + t * t) * Math.exp(logDensity(t))) / (nu - 1) : 0;
  return {
    prepare(aux) {
      if (aux[1] !== nu) constant = studentTConstant(aux[1]);
      sigma = aux[0];
      nu = aux[1];
    },
    write(y, _trials, mu, _rest, target) {
      const t = (y - mu) / sigma;
      const square = t * t;
      const spread = nu + square;
      const isBelow = t < 0;
      // The tail beyond t, then the other side of it.
      const [slopes, others] = isBelow
        ? [target.lowerSlopes, target.upperSlopes]
        : [target.upperSlopes, target.lowerSlopes];
      let value = -Math.LN2;
      let byNu = 0;
      if (square > 0) {
        writeIncompleteBeta(0.5 * nu, 0.5, nu / spread, square / spread, both);
        value += both.lower;
        byNu = 0.5 * both.lowerByA + (both.lowerByX * square) / (spread * spread);
      }
      const other = Math.log1p(-Math.exp(value));
      const hazard = Math.exp(logDensity(t) - value) / sigma;
      const odds = Math.exp(value - other);
      slopes[0] = isBelow ? -hazard : hazard;
      slopes[1] = t * slopes[0];
      slopes[2] = byNu;
      for (let a = 0; a < 3; a++) others[a] = -odds * slopes[a];
      target.lower = isBelow ? value : other;
      target.upper = isBelow ? other : value;
    },
    truncatedMean(mu, _rest, _trials, { after, upTo, logProbability }) {
      const share = h((after - mu) / sigma) - h((upTo - mu) / sigma);
      return mu + sigma * share * Math.exp(-logProbability);
    },
  };
}

export function studentDistribution(family: Family): OwnDistribution {
  const { inverse, writeInverse } = meanLink(family.link);
  return {
    family,
    auxiliary: ['sigma', 'nu'],
    inverseLink: inverse,
    writeInverse,
    logDensities([sigmas, nus]) {
      const constants = sigmas.map((sigma, s) => studentTConstant(nus[s]) - Math.log(sigma));
      return (outcome, _trials, eta) => {
        writeInverse(eta);
        for (let s = 0; s < eta.length; s++) {
          const z = (outcome - eta[s]) / sigmas[s];
          eta[s] = constants[s] + studentTKernel(z * z, nus[s]);
        }
      };
    },
    outcomes([sigmas, nus]) {
      const write = studentWriter(sigmas, nus);
      return (means, _trials, random) => write(means, random);
    },
    simulateAt: (mean, [sigma, nu], _trials, random) => mean + sigma * standardStudent(nu, random),
    expected: (outcome) => (Number.isFinite(outcome) ? null : 'a finite number'),
  };
}

/** A normal over the root of a gamma with mean 1. */
function standardStudent(nu: number, random: RandomStream): number {
  return random.normal() / Math.sqrt(gammaVariate(0.5 * nu, random) / (0.5 * nu));
}
