/**
 * One regression of ours in a process of its own, as scale.mjs asks for it; prints JSON.
 *
 *     node bench/peer/scale-fit.mjs TABLE.csv FORMULA [--workers 1]
 *
 * `seconds` is CPU time of the whole call with code that is not warm: formula, design, plan, sampling,
 * summaries, diagnostics; all threads of the process, so also compiling and garbage collection. `wall`
 * is its time by the clock. `megabytes` is the peak of the process, with Node and the table.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bernoulli, regression } from 'weighbridge';
import { workerPool } from 'weighbridge/node';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string', default: '1' } },
});
const [file, formula] = positionals;

/** Columns by name; those with letters stay text. */
function tableOf(text) {
  const [head, ...lines] = text.trimEnd().split('\n');
  const columns = head.split(',').map(() => []);
  for (const line of lines) {
    line.split(',').forEach((cell, j) => {
      columns[j].push(cell);
    });
  }
  const typed = columns.map((cells) =>
    cells.every((cell) => cell !== '' && Number.isFinite(Number(cell))) ? cells.map(Number) : cells,
  );
  return Object.fromEntries(head.split(',').map((name, j) => [name, typed[j]]));
}

const sum = (numbers) => numbers.reduce((total, value) => total + value, 0);
const data = tableOf(readFileSync(file, 'utf8'));
const pool = workerPool(Number(options.workers));
const started = { cpu: process.cpuUsage(), wall: performance.now() };
const fit = await regression({
  formula,
  family: bernoulli(),
  data,
  seed: 2025,
  runner: pool.runner,
});
const { user, system } = process.cpuUsage(started.cpu);
const wall = (performance.now() - started.wall) / 1000;
const least = (key) => fit.parameters.reduce((a, b) => (b[key] < a[key] ? b : a));
console.log(
  JSON.stringify({
    seconds: (user + system) / 1e6,
    wall,
    megabytes: process.resourceUsage().maxRSS / 1024,
    bulk: least('essBulk').essBulk,
    tail: least('essTail').essTail,
    leastBulk: least('essBulk').name,
    leastTail: least('essTail').name,
    rhat: fit.diagnostics.maxRhat,
    divergences: fit.diagnostics.divergences,
    algorithm: fit.chains[0].algorithm,
    gradients: sum(fit.chains.map((chain) => chain.leapfrogSteps + chain.warmupLeapfrogSteps)),
    parameters: fit.parameters
      .filter(({ name }) => !name.startsWith('r_'))
      .map(({ name, mean, sd }) => ({ name, mean, sd })),
  }),
);
await pool.close();
