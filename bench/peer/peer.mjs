/**
 * Ours, Stan and brms side by side on the same regressions, one core each; then the cost
 * of a fit by rows and predictors, and a long run.
 *
 *     npm run bench:peer -- [--data FOLDER] [--fits 20] [--long 2000]
 *
 * Stan is rstan through Rscript where the machine has it (Debian: r-cran-rstan, r-cran-brms,
 * r-cran-posterior, r-cran-jsonlite); else ours runs alone and says so. Times of ours are CPU times
 * of a process that has fitted a hundred before, and include what Stan's leave out: the search for
 * the mode, summaries, HDIs and diagnostics. Stan's are those of a compiled model. Other processes on the
 * machine slow ours down more than Stan (docs/performance.md).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bernoulli, normal } from 'weighbridge';
import { readStudy } from 'weighbridge/node';
import { groupByContext, runHere } from 'weighbridge/paper';
import { completeSettings, randomStream } from 'weighbridge/sampler';
import { responseDistribution } from '../../dist/models/families/index.js';
import { weightJob } from '../../dist/src/analysis/learned-weights.js';
import { logisticSpecification } from '../../dist/src/regression/columns.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: here('../../fixtures/replica') },
    fits: { type: 'string', default: '20' },
    long: { type: 'string', default: '2000' },
  },
});

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Fits jobs one by one; seconds of CPU, ESS. */
async function ours(jobs, settings) {
  const rows = [];
  for (const job of jobs) {
    const started = cpuSeconds();
    const [{ diagnostics }] = await runHere([job], settings);
    const { minEssBulk: bulk, minEssTail: tail } = diagnostics;
    rows.push({ seconds: cpuSeconds() - started, bulk, tail });
  }
  return rows;
}

const hasPackages = (...names) =>
  spawnSync('Rscript', ['-e', names.map((name) => `library(${name})`).join(';')]).status === 0;

/** The lines that an R script prints of these jobs. */
function inR(script, jobs, ...rest) {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'));
  try {
    const file = join(folder, 'fits.json');
    const data = jobs.map(
      ({
        specification: {
          data: { predictors, outcomes },
        },
      }) => ({
        columns: predictors.names.length,
        values: [...predictors.values],
        outcomes: [...outcomes],
      }),
    );
    writeFileSync(file, JSON.stringify(data));
    const text = execFileSync('Rscript', [here(script), file, ...rest], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function show(name, rows) {
  const [seconds, bulk, tail] = ['seconds', 'bulk', 'tail'].map((key) =>
    mean(rows.map((row) => row[key])),
  );
  const line = [
    name.padEnd(28),
    `${(1000 * seconds).toFixed(2).padStart(9)} ms a fit`,
    `ESS ${bulk.toFixed(0).padStart(5)} bulk ${tail.toFixed(0).padStart(5)} tail`,
    `a second ${(bulk / seconds).toFixed(0).padStart(7)} bulk ${(tail / seconds).toFixed(0).padStart(7)} tail`,
  ];
  console.log(line.join(' · '));
  return { bulk: bulk / seconds, tail: tail / seconds };
}

/** A simulated regression of any size. */
function simulatedJob(rows, columns) {
  const random = randomStream('peer', rows, columns);
  const predictors = {
    names: Array.from({ length: columns }, (_, j) => `d${j + 1}`),
    rows,
    values: Float64Array.from({ length: rows * columns }, () => 2 * random.uniform() - 1),
  };
  const parameters = [0.2, ...predictors.names.map((_, j) => (j % 2 === 0 ? 0.6 : -0.4))];
  const { simulate } = responseDistribution(bernoulli());
  const outcomes = Float64Array.from({ length: rows }, (_, i) => {
    const eta = parameters.reduce(
      (sum, value, j) => sum + value * (j === 0 ? 1 : predictors.values[i * columns + j - 1]),
      0,
    );
    return simulate(eta, new Float64Array(0), 1, random);
  });
  const slopePrior = normal(0, 1);
  return {
    name: `${rows} x ${columns}`,
    specification: logisticSpecification(predictors, outcomes, { slopePrior }),
  };
}

const study = await readStudy(options.data);
const contexts = groupByContext(study.models[0].instilledChoices, study.contexts);
const all = contexts.map((one) => ({
  ...weightJob(one.context.name, one),
  // Nobody else has them.
  controlMeans: false,
}));
const jobs = all.slice(0, Number(options.fits));
const automatic = completeSettings();

const stanRows = hasPackages('rstan', 'posterior', 'jsonlite')
  ? inR('stan.R', jobs, here('weight-regression.stan'))
  : [];
await ours(all, automatic);
const rates = show('split HMC', await ours(jobs, automatic));
show('NUTS, general warm-up', await ours(jobs, completeSettings({ algorithm: 'nuts' })));
if (stanRows.length > 0) {
  const peer = show('Stan, chains alone', stanRows);
  show(
    'rstan, the whole call',
    stanRows.map((row) => ({ ...row, seconds: row.callSeconds })),
  );
  console.log(
    `ours over Stan: ${(rates.bulk / peer.bulk).toFixed(1)} bulk, ${(rates.tail / peer.tail).toFixed(1)} tail`,
  );
} else {
  console.log('rstan is not on this machine: ours alone');
}
if (hasPackages('brms', 'jsonlite')) {
  const rows = inR('brms.R', jobs);
  const peer = show(
    'brms, update and summary',
    rows.filter(({ compiled }) => !compiled),
  );
  const [first] = rows.filter(({ compiled }) => compiled);
  console.log(
    `ours over brms: ${(rates.bulk / peer.bulk).toFixed(1)} bulk, ${(rates.tail / peer.tail).toFixed(1)} tail; its first fit took ${first.seconds.toFixed(1)} s`,
  );
} else {
  console.log('brms is not on this machine');
}

console.log('\ncost of a fit: ms before the first draw; nanoseconds a draw and row');
for (const columns of [5, 20, 100]) {
  for (const rows of [50, 500, 5000, 50_000]) {
    const job = simulatedJob(rows, columns);
    // Few draws where each costs much; what two numbers of draws differ by is the cost of draws.
    const size = rows * columns;
    const few = size > 500_000 ? 10 : size > 50_000 ? 200 : 2000;
    const timed = async (draws) =>
      (await ours([job], completeSettings({ draws, algorithm: 'split-hmc' })))[0].seconds;
    await timed(few);
    const short = await timed(few);
    const long = await timed(4 * few);
    const aDraw = (long - short) / (4 * 3 * few);
    const before = short - 4 * few * aDraw;
    console.log(
      `n = ${String(rows).padStart(6)}, p = ${String(columns).padStart(3)}: ${(1000 * before).toFixed(1).padStart(8)} ms, ${((1e9 * aDraw) / rows).toFixed(1).padStart(7)} ns`,
    );
  }
}

console.log('\na long run: CPU ms a fit and resident MB, tenth by tenth');
const fits = Number(options.long);
for (let tenth = 0; tenth < 10; tenth++) {
  const started = cpuSeconds();
  for (let i = 0; i < fits / 10; i++) {
    await runHere([jobs[i % jobs.length]], { ...automatic, seed: tenth * fits + i });
  }
  const ms = (1000 * (cpuSeconds() - started)) / (fits / 10);
  console.log(`${ms.toFixed(2)} ms, ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB`);
}
