/**
 * Draws the gallery's pictures from the simulated replica: `node docs/gallery/make.mjs`, after
 * `npm run build`. The same seed gives the same files.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Papa from 'papaparse';
import { linearRegression, logisticRegression, normal, regression } from '../../dist/src/index.js';
import { readStudy } from '../../dist/src/node.js';
import { groupByContext, planStudy } from '../../dist/src/paper.js';
import {
  plotCalibrationCurves,
  plotCorrelation,
  plotForest,
  plotPairs,
  plotPit,
  plotPlan,
  plotPosterior,
  plotPpc,
  plotPriorSensitivity,
  plotRank,
  plotTrace,
} from '../../dist/src/plots.js';
import { rasterize } from '../../dist/src/report/figures/rasterize.js';
import { randomStream } from '../../dist/src/sampler.js';
import { normalizedDifferences } from '../../dist/src/study/context.js';

const SEED = 2025;
const DPI = 144;
const root = fileURLToPath(new URL('../..', import.meta.url));

async function save(name, svg) {
  await writeFile(new URL(`${name}.png`, import.meta.url), await rasterize(svg, { dpi: DPI }));
}

/** The choices of one model in one context, as a regression has them. */
async function choicesOfOneContext() {
  const study = await readStudy(join(root, 'fixtures/replica'));
  const [model] = study.models;
  const [{ context, choices }] = groupByContext(model.instilledChoices, study.contexts);
  const names = context.attributes.map(({ name }) => name);
  const rows = choices.map((choice) => normalizedDifferences(context, choice));
  return {
    names,
    rows,
    outcome: choices.map(({ choseA }) => Number(choseA)),
    title: `Simulated ${model.name}, context ${context.name}`,
  };
}

/** Choices that the fitted model would make in the place of those that were made. */
function replicate({ draws }, rows) {
  const random = randomStream(SEED, 'replications');
  const width = draws.parameterNames.length;
  const values = new Float64Array((draws.values.length / width) * rows.length);
  values.forEach((_, i) => {
    const at = Math.floor(i / rows.length) * width;
    const [intercept, ...slopes] = draws.values.subarray(at, at + width);
    const utility = rows[i % rows.length].reduce((sum, d, k) => sum + slopes[k] * d, intercept);
    values[i] = random.uniform() < 1 / (1 + Math.exp(-utility)) ? 1 : 0;
  });
  return { ...draws, parameterNames: rows.map((_, i) => `y[${i + 1}]`), values };
}

/** Which attribute sets the two options of a trial apart the most. */
function telling(row, names) {
  const most = row.reduce((best, d, i) => (Math.abs(d) > Math.abs(row[best]) ? i : best), 0);
  return `${names[most]} in favour of ${row[most] > 0 ? 'A' : 'B'}`;
}

async function drawFits() {
  const { names, rows, outcome, title } = await choicesOfOneContext();
  const predictors = Object.fromEntries(names.map((name, i) => [name, rows.map((row) => row[i])]));
  const fit = await logisticRegression(
    { outcome, predictors },
    { slopePrior: normal(0, 1), seed: SEED },
  );
  const slopes = names.map((name) => `b_${name}`);
  const shown = { parameters: slopes, title };
  const replicated = replicate(fit, rows);
  await save('forest', plotForest(fit.draws, { ...shown, label: 'weight (log odds)' }).svg);
  await save('posterior', plotPosterior(fit.draws, { ...shown, reference: 0 }).svg);
  await save('trace', plotTrace(fit.draws, { title, parameters: slopes.slice(0, 3) }).svg);
  await save('rank', plotRank(fit.draws, shown).svg);
  await save('pairs', plotPairs(fit.draws, shown).svg);
  const label = 'share of choices of A';
  await save('ppc', plotPpc(replicated, { observed: outcome, title, label }).svg);
  const groups = rows.map((row) => telling(row, names));
  await save('ppc-groups', plotPpc(replicated, { observed: outcome, groups, title, label }).svg);
}

/** Regressions of simulated outcomes, one of them of a family that does not fit. */
async function drawCalibration() {
  const random = randomStream(SEED, 'calibration');
  const x = Array.from({ length: 300 }, () => random.normal());
  const logistic = (eta) => 1 / (1 + Math.exp(-eta));
  const right = x.map((value) => Number(random.uniform() < logistic(0.3 + 1.2 * value)));
  const own = { seed: SEED, prior: normal(0, 2).on('b') };
  const binary = { formula: 'right ~ x', family: 'bernoulli', data: { right, x }, ...own };
  const curves = (await regression(binary)).calibrationCurves();
  const title = 'Simulated choices';
  await save('calibration-curves', plotCalibrationCurves(curves, { title }).svg);

  const tailed = x.map((value) => value + random.normal() ** 3);
  const fit = await regression({ formula: 'tailed ~ x', data: { tailed, x }, ...own });
  const { values } = fit.posteriorPredict();
  const draws = values.length / x.length;
  const pit = tailed.map((outcome, row) => {
    let below = 0;
    for (let s = 0; s < draws; s++) below += values[s * x.length + row] < outcome ? 1 : 0;
    return below / draws;
  });
  await save(
    'pit',
    plotPit(pit, { title: 'A gaussian regression of outcomes with heavy tails' }).svg,
  );

  const events = x.map((value) => {
    if (random.uniform() < 0.3) return 0;
    const mean = Math.exp(1 + 0.4 * value + 0.4 * random.normal());
    let count = 0;
    for (let time = -Math.log(random.uniform()); time < mean; count++) {
      time -= Math.log(random.uniform());
    }
    return count;
  });
  const counts = { formula: 'events ~ x', family: 'poisson', data: { events, x }, ...own };
  const { observed, replicated } = (await regression(counts)).ppc();
  const rootogram = plotPpc(replicated, {
    observed,
    kind: 'rootogram',
    title: 'A Poisson regression of counts with zeros of their own',
  });
  await save('rootogram', rootogram.svg);
}

/** A few observations and priors of two kinds, one of them far from the data. */
async function drawSensitivity() {
  const fit = await regression({
    formula: 'y ~ x + z',
    data: {
      y: [1.2, 2.1, 3.9, 3.8, 6.1, 5.2, 7.8, 8.1, 9.7, 9.2],
      x: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      z: [1, 0, 1, 0, 1, 0, 1, 0, 1, 0],
    },
    prior: [
      normal(0, 0.2).on('b', { coef: 'x', tag: 'cautious' }),
      normal(0, 10).on('b', { coef: 'z', tag: 'wide' }),
    ],
    seed: SEED,
  });
  const title = 'A cautious prior of b_x, and a wide one of b_z';
  const { svg } = plotPriorSensitivity(fit.priorSensitivity({ by: 'tag' }), { title });
  await save('sensitivity', svg);
}

/** The figures of the paper, as the command writes them, and one of their panels by itself. */
async function drawFigures() {
  const out = await mkdtemp(join(tmpdir(), 'weighbridge-gallery-'));
  try {
    const command = [join(root, 'dist/node/main.js'), 'reproduce', '--quiet', '--out', out];
    await promisify(execFile)('node', command, { maxBuffer: 1e8 });
    for (const name of ['figure-2', 'figure-3']) {
      await save(name, await readFile(join(out, `${name}.svg`), 'utf8'));
    }
    await drawCorrelation(await readFile(join(out, 'csv/figure-2-points.csv'), 'utf8'));
  } finally {
    await rm(out, { recursive: true });
  }
}

async function drawCorrelation(csv) {
  const { data } = Papa.parse(csv, { header: true, dynamicTyping: true, skipEmptyLines: true });
  const [{ model }] = data;
  const points = data.filter((row) => row.model === model && row.condition === 'after training');
  const learned = points.map(({ learned_z }) => learned_z);
  const reported = points.map(({ reported_z }) => reported_z);
  const { draws } = await linearRegression(
    { outcome: reported, predictors: { learned } },
    { seed: SEED },
  );
  const { svg } = plotCorrelation(draws, {
    x: learned,
    y: reported,
    labels: points.map(({ scenario, attribute }) => `${scenario}: ${attribute}`),
    slope: 'b_learned',
    xLabel: 'learned weight (standardized)',
    yLabel: 'reported weight (standardized)',
    title: `Simulated ${model}, after training`,
  });
  await save('correlation', svg);
}

async function drawPlan() {
  const { designs } = await planStudy({
    sizes: { contexts: [50, 100, 150, 200], choices: [25, 50], reports: [10] },
    target: { width: 0.12 },
    simulations: 100,
    seed: SEED,
  });
  const points = designs.map(({ contexts, choices, width }) => ({
    panel: '',
    curve: `${choices} choices a context`,
    size: contexts,
    ...width,
  }));
  const { svg } = plotPlan(points, {
    sizeLabel: 'contexts',
    label: 'width of the 95% HDI',
    target: 0.12,
    title: 'Simulated studies of growing size',
  });
  await save('plan', svg);
}

await drawFits();
await drawCalibration();
await drawSensitivity();
await drawPlan();
await drawFigures();
