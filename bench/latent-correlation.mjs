/**
 * Simulated studies with a known latent correlation of weights and reports: bias and coverage of the
 * raw correlation, of `correlationWithError` from summaries of the weight regressions, and of the joint
 * model, where the assumptions hold and where they fail. Writes the table of docs/latent-correlation.md.
 *
 *     npm run build && node bench/latent-correlation.mjs [--studies 100] [--seed 1] [--scenario REGEX]
 *         [--estimate REGEX]
 *
 * A study: 100 contexts of 5 attributes, 50 choices and 10 reports a context. Weights w = 6.3 z and
 * intercepts a ~ normal(0.1, 0.8), as in the published data of gpt-4o; d is the difference of two
 * uniform attributes. A single report is u + normal(0, 0.9), (z, u) bivariate normal with sds 1 and
 * correlation 0.8. The target is 0.8 in every scenario: the correlation of z and u.
 *
 * Weights are summarized by posteriors of 500 draws (one chain) of each context's regression: means
 * then have a Monte Carlo error of about 4% of their sd. The joint model costs seconds a fit: it may be
 * asked for alone, of fewer studies (`--estimate 'joint model$' --studies 20`). `--scenario` and `--estimate`
 * choose those whose name matches.
 */
import { parseArgs } from 'node:util';
import { correlationWithError, normal, withoutPrior } from 'weighbridge';
import { sample } from 'weighbridge/sampler';
import { latentCorrelationModel } from '../dist/models/latent-correlation.js';
import { modelOf } from '../dist/src/fit/specification.js';
import { randomStream } from '../dist/src/random/stream.js';
import { logisticSpecification } from '../dist/src/regression/columns.js';

const { values: options } = parseArgs({
  options: {
    studies: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string', default: '' },
    estimate: { type: 'string', default: '' },
  },
});

const CONTEXTS = 100;
const ATTRIBUTES = 5;
const CHOICES = 50;
const REPORTS = 10;
const RHO = 0.8;
const NOISE = 0.9;
/** Sd of the prior of weights in the paper, and of one that is about as wide as the weights. */
const TIGHT = 1;
const WIDE = 5;

const plain = { tauW: 6.3, z: gaussian, noise: gaussian, logScale: 0, rounded: false };
const scenarios = {
  'assumptions right': plain,
  'assumptions right, choices less deterministic (weights of sd 2)': { ...plain, tauW: 2 },
  'weights with heavy tails (t3)': { ...plain, z: t3 },
  'reports with heavy tails (t3)': { ...plain, noise: t3 },
  'contexts of different scale (sd of log scale 0.5)': { ...plain, logScale: 0.5 },
  'weights scaled to a largest of 100 and rounded': { ...plain, rounded: true },
};

function gaussian(random) {
  return random.normal();
}

/** Student's t with 3 degrees of freedom, of variance 1. */
function t3(random) {
  const squares = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
  return random.normal() / Math.sqrt(squares);
}

/** Contexts with their choices, rows of d and single reports. */
function simulate({ tauW, z, noise, logScale }, random) {
  return Array.from({ length: CONTEXTS }, () => {
    const standard = Array.from({ length: ATTRIBUTES }, () => z(random));
    const scale = tauW * Math.exp(logScale * random.normal());
    const intercept = 0.1 + 0.8 * random.normal();
    const rows = new Float64Array(CHOICES * ATTRIBUTES).map(
      () => random.uniform() - random.uniform(),
    );
    const choices = Float64Array.from({ length: CHOICES }, (_, i) => {
      const eta = standard.reduce(
        (sum, one, j) => sum + scale * one * rows[i * ATTRIBUTES + j],
        intercept,
      );
      return random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
    });
    const reports = standard.map((one) => {
      const u = RHO * one + Math.sqrt(1 - RHO * RHO) * random.normal();
      return Array.from({ length: REPORTS }, () => u + NOISE * noise(random));
    });
    return { rows, choices, reports };
  });
}

const WEIGHTS = Array.from({ length: ATTRIBUTES }, (_, j) => `b_d${j + 1}`);

/** The fit of a context's weights under normal(0, sd) priors. */
function weightFit({ rows, choices }, sd, seed) {
  const names = WEIGHTS.map((name) => name.slice(2));
  const model = modelOf(
    logisticSpecification({ names, rows: CHOICES, values: rows }, choices, {
      slopePrior: normal(0, sd),
    }),
  );
  return sample({ model, chains: 1, draws: 500, warmup: 300, seed });
}

/** Posterior means and sds as they are. */
function asTheyAre(fit) {
  return WEIGHTS.map((name) => {
    const { mean, sd } = fit.parameter(name);
    return { x: mean, xSe: sd };
  });
}

/** The prior divided out of each mean and sd alone. */
function dividedEach(fit) {
  return WEIGHTS.flatMap((name) => dividedJointly(fit, name));
}

/** The prior divided out of means and covariance. */
function dividedJointly({ draws }, parameters = WEIGHTS) {
  return withoutPrior({ draws, parameters, prior: normal(0, WIDE) }).map(({ estimate, se }) => ({
    x: estimate,
    xSe: se,
  }));
}

/** The paper's scale of weights: the largest of a context is 100; rounded. */
function scaledAndRounded(weights) {
  const largest = Math.max(...weights.map(({ x }) => Math.abs(x)));
  return weights.map(({ x, xSe }) => ({
    x: Math.round((100 * x) / largest),
    xSe: (100 * xSe) / largest,
  }));
}

/** Mean reports, and their standard errors from the pooled sd of single reports. */
function reportMeans(contexts) {
  const cells = contexts.flatMap(({ reports }) => reports);
  const means = cells.map((cell) => cell.reduce((sum, one) => sum + one, 0) / REPORTS);
  const pooled = cells.reduce(
    (sum, cell, i) => sum + cell.reduce((squares, one) => squares + (one - means[i]) ** 2, 0),
    0,
  );
  const se = Math.sqrt(pooled / (cells.length * (REPORTS - 1)) / REPORTS);
  return { y: means, ySe: se };
}

function pearson(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (of) => x.reduce((total, _, i) => total + of(x[i] - mx, y[i] - my), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}

/** The paper's estimate: r of scaled and rounded weights, and the 95% interval of its slope. */
function raw(weights, { y }) {
  const x = scaledAndRounded(weights).map((weight) => weight.x);
  const r = pearson(x, y);
  const half = 1.96 * Math.sqrt((1 - r * r) / (x.length - 2));
  return { estimate: r, low: r - half, high: r + half };
}

async function fromSummaries(weights, reports, seed) {
  const fit = await correlationWithError({
    x: weights.map(({ x }) => x),
    xSe: weights.map(({ xSe }) => xSe),
    ...reports,
    chains: 2,
    draws: 500,
    seed,
  });
  return estimateOf(fit);
}

function estimateOf(fit) {
  const { mean, hdi } = fit.parameter('rho');
  return { estimate: mean, low: hdi[0], high: hdi[1] };
}

/** The joint model of choices and reports; with a scale for each context if `scales`. */
function jointly(contexts, { y, ySe }, scales, seed) {
  const { means, unit } = inUnits(y);
  const model = latentCorrelationModel({
    model: 'latent-correlation',
    contexts: contexts.map((_, c) => `c${c}`),
    attributes: ATTRIBUTES,
    choices: {
      starts: Int32Array.from({ length: CONTEXTS + 1 }, (_, c) => c * CHOICES),
      differences: Float64Array.from(contexts.flatMap(({ rows }) => Array.from(rows))),
      outcomes: Float64Array.from(contexts.flatMap(({ choices }) => Array.from(choices))),
    },
    reports: [{ name: 'reports', means, se: means.map(() => ySe / unit) }],
    scales,
    reportWeights: false,
  });
  return estimateOf(sample({ model, chains: 2, draws: 500, warmup: 500, seed }));
}

/** Means in units of their sd. */
function inUnits(values) {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const unit = Math.sqrt(squares / (values.length - 1));
  return { means: Float64Array.from(values, (value) => value / unit), unit };
}

/** Every estimate of one study, keyed by its name, computed when asked for. */
function estimatesOf(contexts, { rounded, logScale }, seed) {
  const reports = reportMeans(contexts);
  const fitsUnder = (sd) => {
    let fits;
    return () => {
      fits ??= contexts.map((context, c) => weightFit(context, sd, `${seed}/${c}`));
      return fits;
    };
  };
  const [tight, wide] = [fitsUnder(TIGHT), fitsUnder(WIDE)];
  const each = (fits, read) =>
    fits().flatMap((one) => {
      const weights = read(one);
      return rounded ? scaledAndRounded(weights) : weights;
    });
  const latent = (weights) => fromSummaries(weights, reports, seed);
  return {
    "Pearson's r, as in the paper": () => raw(each(tight, asTheyAre), reports),
    'summaries, prior normal(0, 1), as they are': () => latent(each(tight, asTheyAre)),
    'summaries, prior normal(0, 5), as they are': () => latent(each(wide, asTheyAre)),
    'summaries, normal(0, 5) divided out of each': () => latent(each(wide, dividedEach)),
    'summaries, normal(0, 5) divided out jointly': () =>
      latent(each(wide, (one) => dividedJointly(one))),
    ...(!rounded && { 'joint model': () => jointly(contexts, reports, false, seed) }),
    ...(logScale > 0 && {
      'joint model, a scale for each context': () => jointly(contexts, reports, true, seed),
    }),
  };
}

/** Mean, bias, rmse, width and coverage of the estimates of all studies. */
function tableRow(estimator, all) {
  const mean = (of) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  const estimate = mean((one) => one.estimate);
  const rmse = Math.sqrt(mean((one) => (one.estimate - RHO) ** 2));
  const covered = mean(({ low, high }) => (low <= RHO && RHO <= high ? 100 : 0));
  const width = mean(({ low, high }) => high - low);
  const cells = [estimate, estimate - RHO, rmse, width].map((value) => value.toFixed(3));
  return `| ${[estimator, all.length, ...cells, `${covered.toFixed(0)}%`].join(' | ')} |`;
}

for (const [name, scenario] of Object.entries(scenarios)) {
  if (!new RegExp(options.scenario).test(name)) continue;
  const rows = new Map();
  for (let study = 0; study < Number(options.studies); study++) {
    const random = randomStream(options.seed, 'latent correlation', study);
    const contexts = simulate(scenario, random);
    const estimates = estimatesOf(contexts, scenario, `${options.seed}/${study}`);
    for (const [estimator, estimate] of Object.entries(estimates)) {
      if (!new RegExp(options.estimate).test(estimator)) continue;
      rows.set(estimator, [...(rows.get(estimator) ?? []), await estimate()]);
    }
  }
  console.log(`\n${name}\n\n| estimate | studies | mean | bias | rmse | width | coverage |`);
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [estimator, all] of rows) console.log(tableRow(estimator, all));
}
