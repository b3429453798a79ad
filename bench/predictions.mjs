/**
 * The table of docs/performance.md on predictions: CPU seconds of each method for many rows and draws.
 *
 * Draws are simulated around known parameters instead of sampled: the methods see no difference.
 *
 *     npm run build && node bench/predictions.mjs [--rows 100000] [--draws 1000] [--only fitted,loo]
 */
import { parseArgs } from 'node:util';
import { reportedNames } from '../dist/models/reported-parameters.js';
import { randomStream } from '../dist/src/random/stream.js';
import { prepare } from '../dist/src/regression/prepare.js';
import { withMethods } from '../dist/src/regression/regression-fit.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    draws: { type: 'string', default: '1000' },
    only: { type: 'string', default: 'fitted,linpred,predict,loo,waic' },
  },
});
const rows = Number(options.rows);
const chains = 4;
const drawsPerChain = Math.ceil(Number(options.draws) / chains);
const methods = options.only.split(',');

const random = randomStream('predictions');
const slopes = [0.5, -0.4, 0.3, -0.2, 0.1];
const ITEMS = 500;
const MODELS = 50;
const normals = (count, sd) => Float64Array.from({ length: count }, () => sd * random.normal());
const effects = { item: normals(ITEMS, 0.5), model: normals(MODELS, 0.3) };

function simulated(family) {
  const columns = { y: [], item: [], model: [] };
  slopes.forEach((_, j) => {
    columns[`x${j + 1}`] = normals(rows, 1);
  });
  for (let i = 0; i < rows; i++) {
    const item = i % ITEMS;
    const model = Math.floor(i / ITEMS) % MODELS;
    let eta = 0.2 + effects.item[item] + effects.model[model];
    slopes.forEach((slope, j) => {
      eta += slope * columns[`x${j + 1}`][i];
    });
    columns.item.push(`item ${item}`);
    columns.model.push(`model ${model}`);
    columns.y.push(outcomeOf(family, eta));
  }
  return columns;
}

function outcomeOf(family, eta) {
  if (family === 'gaussian') return eta + random.normal();
  if (family === 'bernoulli') return random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
  // Counts by inversion.
  let count = 0;
  let probability = Math.exp(-Math.exp(eta));
  for (let left = random.uniform(); left > probability && count < 100; count++) {
    left -= probability;
    probability *= Math.exp(eta) / (count + 1);
  }
  return count;
}

function fitOf(family, formula, data) {
  const prepared = prepare({ formula, family, data });
  const parameterNames = reportedNames(prepared.specification);
  const centre = parameterNames.map((name) => {
    const [, level] = /\[(?:item|model)\.(\d+)/.exec(name) ?? [];
    if (name.startsWith('r_item')) return { mean: effects.item[level], sd: 0.1 };
    if (name.startsWith('r_model')) return { mean: effects.model[level], sd: 0.05 };
    if (name.startsWith('b_x')) return { mean: slopes[Number(name.slice(3)) - 1], sd: 0.01 };
    return { mean: name === 'b_Intercept' ? 0.2 : 1, sd: 0.01 };
  });
  const count = chains * drawsPerChain;
  const values = new Float64Array(count * parameterNames.length);
  for (let at = 0; at < values.length; at++) {
    const { mean, sd } = centre[at % parameterNames.length];
    values[at] = mean + sd * random.normal();
  }
  const settings = { chains, draws: drawsPerChain, seed: 1 };
  const draws = { parameterNames, chains, drawsPerChain, values };
  const fit = { ...prepared, formula, draws, settings, parameters: [], chains: [], notes: [] };
  return withMethods(fit, async () => fit);
}

function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const effectFree = 'y ~ x1 + x2 + x3 + x4 + x5';
const formulas = { none: effectFree, 'item and model': `${effectFree} + (1 | item) + (1 | model)` };

console.log(`${rows} rows, ${chains * drawsPerChain} draws; CPU seconds\n`);
console.log(`| family | group effects | ${methods.join(' | ')} | memory, MB |`);
console.log(`| --- | --- | ${methods.map(() => '---').join(' | ')} | --- |`);
for (const family of ['bernoulli', 'gaussian', 'poisson']) {
  const data = simulated(family);
  for (const [groups, formula] of Object.entries(formulas)) {
    const fit = fitOf(family, formula, data);
    const times = methods.map((method) => cpuSeconds(() => fit[method]()).toFixed(2));
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(`| ${family} | ${groups} | ${times.join(' | ')} | ${memory} |`);
  }
}
