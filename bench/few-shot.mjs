/**
 * The few-shot study of docs/ablation.md: what worked examples add to the exact match of explanations,
 * first as if one draw of examples stood for all, then with the draw as a group effect.
 *
 *     npm run build && node bench/few-shot.mjs FOLDER [--items 1400] [--draws 1000] [--json FILE]
 *
 * FOLDER holds the seven files preds_k*_seed*.jsonl of experiments/icl_input_ablation/results in
 * github.com/ThreeSwordAI/introspective-interp (MIT). A fit of all 1,400 items takes minutes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bernoulli, regression } from 'weighbridge';
import { workerPool } from 'weighbridge/node';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    items: { type: 'string', default: '1400' },
    draws: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const [folder] = positionals;
if (!folder) throw new Error('expected the folder of preds_k*_seed*.jsonl');

const conditions = [[0, 0], ...[4, 8].flatMap((k) => [0, 1, 2].map((seed) => [k, seed]))];

/** One row per item and condition. */
const rows = conditions.flatMap(([k, seed]) =>
  readFileSync(join(folder, `preds_k${k}_seed${seed}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ idx }) => idx < Number(options.items))
    .map((row) => ({
      exact: row.pred_changed === row.gold_changed && row.pred_letter === row.gold_letter ? 1 : 0,
      examples: `k${k}`,
      shot: k === 0 ? 0 : 1,
      bank: k === 0 ? 'none' : `k${k}, draw ${seed}`,
      item: `item ${row.idx}`,
    })),
);

const formulas = [
  'exact ~ examples + (1 | item)',
  'exact ~ examples + (1 | item) + (0 + shot | bank)',
];
const shown = ['b_examplesk4', 'b_examplesk8', 'sd_item__Intercept', 'sd_bank__shot'];
const pool = workerPool(1);
const found = [];
for (const formula of formulas) {
  const started = performance.now();
  const fit = await regression({
    formula,
    family: bernoulli(),
    data: rows,
    draws: Number(options.draws),
    warmup: Number(options.draws),
    seed: Number(options.seed),
    runner: pool.runner,
  });
  const minutes = (performance.now() - started) / 60_000;
  console.log(`\n${formula}, ${rows.length} rows, ${minutes.toFixed(1)} min`);
  for (const { name, mean, hdi, rhat, essBulk } of fit.parameters.filter(({ name }) =>
    shown.includes(name),
  )) {
    const [lower, upper] = hdi.map((end) => end.toFixed(2));
    console.log(
      `${name.padEnd(20)} ${mean.toFixed(2)} [${lower}, ${upper}], R-hat ${rhat.toFixed(3)}, ESS ${Math.round(essBulk)}`,
    );
    found.push({ formula, name, mean, hdi, rhat, essBulk });
  }
  for (const line of fit.warnings) console.log(line);
}
await pool.close();
if (options.json) writeFileSync(options.json, `${JSON.stringify(found, null, 2)}\n`);
