/**
 * Coverage of 95% HDIs over simulated studies whose latent correlation is known: the paper's correlation
 * (scaled posterior means of one regression a context against mean reports) and rho of the joint model.
 * Writes the table of docs/latent-correlation.md.
 *
 *     npm run build && node bench/latent-coverage.mjs [--studies 200] [--seed 1] [--design TEXT]
 *
 * Weights w = 6.3 z and intercepts a ~ normal(0.1, 0.8), as in the published data of gpt-4o; d is the
 * difference of two uniform attributes. A single report is 30 u + normal(0, 27), (z, u) standard bivariate
 * normal with correlation rho. Study number k has the same streams in every design.
 */
import { parseArgs } from 'node:util';
import { correlationJob, correlationOf, pairWeights } from '../dist/src/analysis/correlations.js';
import { learnedWeights, weightJob } from '../dist/src/analysis/learned-weights.js';
import { meanReports, standardizeTable } from '../dist/src/analysis/reported-weights.js';
import { latentCorrelation } from '../dist/src/correlation/latent-correlation.js';
import { runHere } from '../dist/src/fit/run.js';
import { randomStream } from '../dist/src/random/stream.js';
import { normalizedDifferences } from '../dist/src/study/context.js';

const { values: options } = parseArgs({
  options: {
    studies: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    design: { type: 'string', default: '' },
  },
});

const small = { contexts: 40, attributes: 3, choices: 30, reports: 5, rho: 0.6, share: 1 };
const designs = {
  '40 contexts, 3 attributes, 30 choices, 5 reports; rho .6': small,
  '… rho .9': { ...small, rho: 0.9 },
  '… rho .6, 2 reports': { ...small, reports: 2, share: 0.5 },
  '… rho .6, 15 choices': { ...small, choices: 15, share: 0.5 },
  "the paper's: 100 contexts, 5 attributes, 50 choices, 10 reports; rho .6": {
    ...{ contexts: 100, attributes: 5, choices: 50, reports: 10, rho: 0.6, share: 0.1 },
  },
};

const TAU_W = 6.3;
const SETTINGS = { chains: 2, draws: 500 };

function simulate({ contexts, attributes, choices, reports, rho }, random) {
  return Array.from({ length: contexts }, (_, c) => {
    const context = {
      name: `context ${c}`,
      question: '',
      attributes: Array.from({ length: attributes }, (_, j) => ({ name: `${j}`, min: 0, max: 1 })),
    };
    const z = context.attributes.map(() => random.normal());
    const intercept = 0.1 + 0.8 * random.normal();
    const u = z.map((one) => rho * one + Math.sqrt(1 - rho * rho) * random.normal());
    const made = Array.from({ length: choices }, () => {
      const [a, b] = [0, 1].map(() => z.map(() => random.uniform()));
      const eta = z.reduce((sum, one, j) => sum + TAU_W * one * (a[j] - b[j]), intercept);
      const choseA = random.uniform() < 1 / (1 + Math.exp(-eta));
      return { context: context.name, choseA, a, b };
    });
    const weights = () => u.map((one) => 30 * one + 27 * random.normal());
    const told = Array.from({ length: reports }, () => ({
      context: context.name,
      weights: weights(),
    }));
    return { context, choices: made, reports: told };
  });
}

/** The paper's correlation of a study. */
async function raw(study, seed) {
  const jobs = study.map((one) => weightJob(one.context.name, one));
  const fits = await runHere(jobs, { chains: 2, draws: 200, seed });
  const weights = new Map(
    study.map((one, i) => [one.context.name, learnedWeights(one, fits[i]).scaled]),
  );
  const reports = meanReports(study.flatMap((one) => one.reports));
  const pairs = pairWeights(standardizeTable(weights), standardizeTable(reports));
  const [fit] = await runHere([correlationJob('raw', pairs)], { ...SETTINGS, seed });
  const { estimate, hdi } = correlationOf(pairs, fit);
  return { estimate, hdi };
}

async function latent(study, seed) {
  const fit = await latentCorrelation({
    choices: study.flatMap(({ context, choices }) =>
      choices.map((choice) => ({
        context: context.name,
        differences: normalizedDifferences(context, choice),
        choseA: choice.choseA,
      })),
    ),
    reports: study.flatMap((one) => one.reports),
    // The simulated reports are not cut off.
    reportRange: [-1e6, 1e6],
    ...SETTINGS,
    seed,
  });
  const { mean, hdi } = fit.parameter('rho');
  return { estimate: mean, hdi };
}

const meanOf = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

function row(estimates, rho) {
  const inside = estimates.filter(({ hdi: [low, high] }) => low <= rho && rho <= high).length;
  const share = inside / estimates.length;
  const error = Math.sqrt((share * (1 - share)) / estimates.length);
  const bias = meanOf(estimates.map(({ estimate }) => estimate)) - rho;
  const width = meanOf(estimates.map(({ hdi: [low, high] }) => high - low));
  return [
    `${bias < 0 ? '−' : '+'}${Math.abs(bias).toFixed(3)}`,
    `${(100 * share).toFixed(1)}% ± ${(100 * error).toFixed(1)}`,
    width.toFixed(2),
  ];
}

console.log(
  '| design | studies | raw: bias | coverage | width | latent: bias | coverage | width |',
);
console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [name, design] of Object.entries(designs)) {
  if (!name.includes(options.design)) continue;
  const studies = Math.max(1, Math.round(Number(options.studies) * design.share));
  const all = { raw: [], latent: [] };
  const started = process.cpuUsage();
  for (let k = 0; k < studies; k++) {
    const seed = `${options.seed}/${k}`;
    const study = simulate(design, randomStream('coverage', seed));
    all.raw.push(await raw(study, seed));
    all.latent.push(await latent(study, seed));
  }
  const cells = [name, studies, ...row(all.raw, design.rho), ...row(all.latent, design.rho)];
  console.log(`| ${cells.join(' | ')} |`);
  const seconds = process.cpuUsage(started).user / 1e6;
  console.error(`${name}: ${(seconds / studies).toFixed(2)} CPU s a study`);
}
