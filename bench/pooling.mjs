/**
 * Partial pooling against separate regressions: learned weights from the first choices of each context
 * against the target weights, and the figures of the whole analysis.
 *
 *     npm run build && node bench/pooling.mjs [FOLDER] [few|figures]
 *
 * The folder has the authors' layout; the default is the replica. Prints tables in Markdown.
 */
import { fileURLToPath } from 'node:url';
import { nativeWeights } from '../dist/src/analysis/native-weights.js';
import { readStudy, workerPool } from '../dist/src/node.js';
import { groupByContext, pairWeights, reproduce, scaleWeights } from '../dist/src/paper.js';

const COUNTS = [10, 20, 30, 50];
const POOLINGS = ['none', 'partial'];
const [folder = fileURLToPath(new URL('../fixtures/replica', import.meta.url)), part] =
  process.argv.slice(2);

const study = await readStudy(folder);
const pool = workerPool(2);
const settings = { runner: pool.runner, seed: 2025 };

function correlation(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const products = (a, ma, b, mb) =>
    a.reduce((sum, value, i) => sum + (value - ma) * (b[i] - mb), 0);
  return products(x, mx, y, my) / Math.sqrt(products(x, mx, x, mx) * products(y, my, y, my));
}

/** r of learned weights, on the paper's scale, with the target weights. */
async function fewChoices({ name, instilledChoices }) {
  const groups = groupByContext(instilledChoices, study.contexts);
  const targets = new Map(
    groups.map(({ context }) => [context.name, study.targets.get(context.name)]),
  );
  for (const count of COUNTS) {
    const first = groups.map(({ context, choices }) => ({
      context,
      choices: choices.slice(0, count),
    }));
    const cells = [];
    for (const pooling of POOLINGS) {
      const fits = await nativeWeights(
        new Map([[name, first]]),
        { ...settings, draws: 500 },
        pooling,
      );
      const scaled = new Map(
        fits.get(name).map(({ context, slopes }) => [context.name, scaleWeights(slopes)]),
      );
      const { weights, reports } = pairWeights(scaled, targets);
      cells.push(correlation(weights, reports));
    }
    console.log(`| ${name} | ${count} | ${cells.map((r) => r.toFixed(3)).join(' | ')} |`);
  }
}

async function figures() {
  const results = {};
  for (const pooling of POOLINGS)
    results[pooling] = await reproduce(study, { ...settings, pooling });
  const text = ({ estimate, hdi: [low, high] }) =>
    `${estimate.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  console.log('\n| comparison | none | partial |\n| --- | --- | --- |');
  for (const [key, one] of results.none.correlations) {
    console.log(`| ${key} | ${text(one)} | ${text(results.partial.correlations.get(key))} |`);
  }
  for (const setting of ['instilled', 'native']) {
    const effects = POOLINGS.map((pooling) => results[pooling].effects[setting]);
    const cells = effects.map(({ median, hpd }) => text({ estimate: median, hdi: hpd }));
    console.log(`| effect of training, ${setting} | ${cells.join(' | ')} |`);
  }
  console.log(
    '\n| | tau_w | what | none | partial | difference |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const { model, setting, hyperparameters, prediction } of results.partial.pooled) {
    const { mean, hdi } = hyperparameters[0];
    const { leftOutChoices, correctPercent, leftOutContexts, mcse, paretoK } = prediction;
    for (const [what, scores] of Object.entries({
      leftOutChoices,
      correctPercent,
      leftOutContexts,
    })) {
      const cells = ['none', 'partial', 'difference'].map(
        (one) => `${scores[one].estimate.toFixed(1)} (${scores[one].se.toFixed(1)})`,
      );
      console.log(
        `| ${model}/${setting} | ${text({ estimate: mean, hdi })} | ${what} | ${cells.join(' | ')} |`,
      );
    }
    console.log(`<!-- mcse ${JSON.stringify(mcse)}, Pareto k ${paretoK.toFixed(2)} -->`);
  }
}

if (part !== 'figures') {
  console.log('| model | choices a context | none | partial |\n| --- | --- | --- | --- |');
  for (const model of study.models) await fewChoices(model);
}
if (part !== 'few') await figures();
await pool.close();
