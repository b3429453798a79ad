/**
 * Marginal likelihoods p(y) by bridge sampling (Meng & Wong 1996, Statistica Sinica 6; Gronau et al. 2017, J.
 * Mathematical Psychology 81), and Bayes factors between regressions of the same outcomes.
 *
 * Half of the draws give the proposal g, a normal with their mean and covariance in the coordinates of
 * posterior-kernel.ts. With N_1 draws u of the other half and as many draws v from g, p(y) is the fixed point of
 *
 *     p = [1/N_2 Σ_v q(v) / (s_1 q(v) + s_2 p g(v))] / [1/N_1 Σ_u g(u) / (s_1 q(u) + s_2 p g(u))].
 *
 * The error is that of Frühwirth-Schnatter (2004, Econometrics J. 7), with the effective number of draws.
 */
import { isProper } from '../../../models/prior-distributions.js';
import { listed } from '../../checks/names.js';
import { requireSeed } from '../../checks/options.js';
import { badArgument } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { cholesky, logDeterminant, solveLower } from '../../linear-algebra/cholesky.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { essMean } from '../../posterior/convergence.js';
import { fixed, type Printable, printable } from '../../posterior/printable.js';
import { type RandomStream, randomStream } from '../../random/stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import { posteriorKernel } from './posterior-kernel.js';
import { refuseLatents, refuseTerms } from './refusals.js';

export interface MarginalLikelihoodOptions {
  /** Seed of the draws of the proposal, an integer or a text. @default that of the fit */
  readonly seed?: number | string;
}

export interface MarginalLikelihood {
  /** log p(y), with all constants. */
  readonly logMarginalLikelihood: number;
  /** Its Monte Carlo standard error. */
  readonly error: number;
  readonly iterations: number;
}

/** Draws that are used: more would be more precise than anybody asks. */
const MOST_DRAWS = 8000;
const MOST_ITERATIONS = 1000;
const TOLERANCE = 1e-10;

/**
 * @throws WeighbridgeError `improper-posterior` for a regression with flat priors, under which p(y) is not
 *   defined; `bad-argument` for fewer than four draws per coordinate
 */
export function marginalLikelihood(
  fit: FittedRegression,
  options: MarginalLikelihoodOptions = {},
): MarginalLikelihood & Printable {
  refuseTerms(fit, 'marginalLikelihood');
  refuseLatents(fit, 'marginalLikelihood', 'compare fits by loo');
  const kernel = posteriorKernel(fit.specification, 'marginalLikelihood');
  requireProperPriors(fit);
  const seed = requireSeed(options.seed ?? fit.settings.seed);
  const halves = halvesOf(fit, kernel);
  const proposal = normalOf(halves.fitting, kernel.dimension);
  const random = randomStream(seed, 'bridge sampling');
  const count = halves.used.length;
  const ofDraws = halves.used.map((u) => kernel.logDensity(u) - proposal.logDensity(u));
  const ofProposals = Array.from({ length: count }, () => {
    const v = proposal.draw(random);
    return kernel.logDensity(v) - proposal.logDensity(v);
  });
  const { chains } = fit.draws;
  const found = bridge(Float64Array.from(ofDraws), Float64Array.from(ofProposals), chains);
  return printable(
    found,
    () =>
      `log marginal likelihood ${fixed(found.logMarginalLikelihood, 3)} (Monte Carlo error ${fixed(found.error, 3)})`,
  );
}

function requireProperPriors({ specification, formula }: FittedRegression): void {
  const { data, priors } = specification;
  const flat = [
    ...(priors.intercept && !isProper(priors.intercept) ? ['Intercept'] : []),
    ...(priors.thresholds?.some((prior) => !isProper(prior)) ? ['Intercept'] : []),
    ...data.predictors.names.filter((_, j) => !isProper(priors.coefficients[j])),
    ...data.groups.flatMap(({ group }, term) =>
      priors.sds[term].every(isProper) ? [] : [`sd of ${group}`],
    ),
    ...(priors.auxiliary.every(isProper) ? [] : ["the family's own parameters"]),
  ];
  if (flat.length === 0) return;
  throw new WeighbridgeError(
    'improper-posterior',
    `'${formula}': ${listed(flat)} ${flat.length === 1 ? 'has a flat prior' : 'have flat priors'}, under which a marginal likelihood is not defined: give proper ones, for example normal(0, 1) class=b`,
  );
}

/** Coordinates of the first half of each chain's draws, and of the second. */
function halvesOf(
  { draws }: FittedRegression,
  { dimension, writePosition }: ReturnType<typeof posteriorKernel>,
) {
  const { chains, drawsPerChain, parameterNames, values } = draws;
  const width = parameterNames.length;
  const all = chains * drawsPerChain;
  if (all < 4 * dimension) {
    throw badArgument(
      `there are ${all} draws of ${dimension} parameters, group effects included; a marginal likelihood needs four times as many: fit with draws: ${Math.ceil((4 * dimension) / chains)}`,
      { option: 'draws', found: all },
    );
  }
  const step = Math.max(1, Math.ceil(all / MOST_DRAWS));
  const fitting: Float64Array[] = [];
  const used: Float64Array[] = [];
  for (let chain = 0; chain < chains; chain++) {
    for (let draw = 0; draw < drawsPerChain; draw += step) {
      const first = (chain * drawsPerChain + draw) * width;
      const position = new Float64Array(dimension);
      writePosition(values.subarray(first, first + width), position);
      (2 * draw < drawsPerChain ? fitting : used).push(position);
    }
  }
  return { fitting, used };
}

/** The normal distribution with the mean and the covariance of points. */
function normalOf(points: readonly Float64Array[], dimension: number) {
  const mean = new Float64Array(dimension);
  for (const point of points) {
    for (let i = 0; i < dimension; i++) mean[i] += point[i] / points.length;
  }
  const covariance = new Float64Array(dimension * dimension);
  for (const point of points) {
    for (let i = 0; i < dimension; i++) {
      const distance = (point[i] - mean[i]) / (points.length - 1);
      for (let j = 0; j <= i; j++) covariance[i * dimension + j] += distance * (point[j] - mean[j]);
    }
  }
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < i; j++) covariance[j * dimension + i] = covariance[i * dimension + j];
  }
  const lower = cholesky(covariance, dimension);
  if (!lower) {
    throw new WeighbridgeError(
      'bad-data',
      'the draws do not vary in all directions: a marginal likelihood needs more of them',
    );
  }
  const constant =
    -0.5 * dimension * Math.log(2 * Math.PI) - 0.5 * logDeterminant(lower, dimension);
  const solved = new Float64Array(dimension);
  return {
    logDensity(position: Float64Array): number {
      for (let i = 0; i < dimension; i++) solved[i] = position[i] - mean[i];
      solveLower(lower, solved);
      let squares = 0;
      for (const value of solved) squares += value * value;
      return constant - 0.5 * squares;
    },
    draw(random: RandomStream): Float64Array {
      const z = new Float64Array(dimension);
      random.normals(z);
      return mean.map((value, i) => {
        let sum = value;
        for (let j = 0; j <= i; j++) sum += lower[i * dimension + j] * z[j];
        return sum;
      });
    },
  };
}

/**
 * The fixed point, in logarithms relative to the median of the draws.
 *
 * @param ofDraws log q − log g at draws of the posterior, chain after chain
 * @param ofProposals the same at draws of g
 */
function bridge(
  ofDraws: Float64Array,
  ofProposals: Float64Array,
  chains: number,
): MarginalLikelihood {
  const origin = ofDraws.slice().sort()[Math.floor(ofDraws.length / 2)];
  const share = ofDraws.length / (ofDraws.length + ofProposals.length);
  let logP = 0;
  let iterations = 0;
  const above = (l: number, p: number) => 1 / (share + (1 - share) * Math.exp(p - (l - origin)));
  const below = (l: number, p: number) =>
    1 / (share * Math.exp(l - origin) + (1 - share) * Math.exp(p));
  for (let change = 1; change > TOLERANCE && iterations < MOST_ITERATIONS; iterations++) {
    const top = meanAndSquares(ofProposals.map((l) => above(l, logP))).mean;
    const bottom = meanAndSquares(ofDraws.map((l) => below(l, logP))).mean;
    const next = Math.log(top) - Math.log(bottom);
    change = Math.abs(next - logP);
    logP = next;
  }
  // Both are ratios to the mixture of q / p and g, up to constants.
  const first = relativeVariance(ofProposals.map((l) => above(l, logP)));
  const terms = ofDraws.map((l) => below(l, logP));
  const effective = Math.min(terms.length, essMean(terms, chains));
  return {
    logMarginalLikelihood: origin + logP,
    error: Math.sqrt(first / ofProposals.length + relativeVariance(terms) / effective),
    iterations,
  };
}

function relativeVariance(values: Float64Array): number {
  const { mean, squares } = meanAndSquares(values);
  return squares / (values.length - 1) / (mean * mean);
}

export interface BayesFactor {
  /** log of the Bayes factor of the first model to the second. */
  readonly logBayesFactor: number;
  readonly bayesFactor: number;
  /** Monte Carlo standard error of `logBayesFactor`. */
  readonly error: number;
  /** Posterior probability of the first model, if both had the probability 1/2 before. */
  readonly postProb: number;
}

/**
 * The Bayes factor of a regression to another of the same outcomes, by their marginal likelihoods. Both need
 * proper priors, and the answer depends on how wide they are.
 *
 * @throws WeighbridgeError `bad-argument` for fits to different outcomes, and as `marginalLikelihood`
 */
export function bayesFactor(
  first: FittedRegression,
  second: FittedRegression,
  options: MarginalLikelihoodOptions = {},
): BayesFactor & Printable {
  const [a, b] = [first, second].map(({ specification }) => specification.data.outcomes);
  if (a.length !== b.length || a.some((value, row) => value !== b[row])) {
    throw badArgument(
      `a Bayes factor compares fits to the same outcomes: found ${a.length} and ${b.length} rows${a.length === b.length ? ' with different values' : ''}`,
    );
  }
  const one = marginalLikelihood(first, options);
  const other = marginalLikelihood(second, options);
  const logBayesFactor = one.logMarginalLikelihood - other.logMarginalLikelihood;
  const result: BayesFactor = {
    logBayesFactor,
    bayesFactor: Math.exp(logBayesFactor),
    error: Math.hypot(one.error, other.error),
    postProb: 1 / (1 + Math.exp(-logBayesFactor)),
  };
  return printable(
    result,
    () =>
      `Bayes factor ${result.bayesFactor.toPrecision(3)} (log ${fixed(logBayesFactor, 3)}, Monte Carlo error ${fixed(result.error, 3)}), probability of the first model ${fixed(result.postProb, 3)} from 0.5`,
  );
}
