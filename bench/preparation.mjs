/**
 * The line of docs/performance.md on preparation: CPU seconds from data to a specification, before anything is
 * sampled, with warm code; the least of a few repeats.
 *
 *     npm run build && node bench/preparation.mjs [--rows 100000] [--levels 500] [--repeats 5]
 */
import { parseArgs } from 'node:util';
import { randomStream } from '../dist/src/random/stream.js';
import { prepare } from '../dist/src/regression/prepare.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    levels: { type: 'string', default: '500' },
    repeats: { type: 'string', default: '5' },
  },
});
const rows = Number(options.rows);
const levels = Number(options.levels);
const random = randomStream('preparation');

const numbers = Array.from({ length: 40 }, (_, j) => `x${j + 1}`);
const columns = Object.fromEntries(
  ['y', ...numbers].map((name) => [name, Float64Array.from({ length: rows }, random.normal)]),
);
const factor = (name, count) =>
  Array.from({ length: rows }, () => `${name}${Math.floor(count * random.uniform())}`);
const data = { ...columns, f: factor('f', 4), g: factor('g', 6), h: factor('h', levels) };

function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function report(what, formula) {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < Number(options.repeats); i++) {
    least = Math.min(
      least,
      cpuSeconds(() => prepare({ formula, data })),
    );
  }
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(`${what}: ${least.toFixed(2)} s, ${memory} MB`);
}

console.log(`${rows} rows; CPU seconds`);
report('40 numbers, two factors and their interaction', `y ~ ${numbers.join(' + ')} + f * g`);
report(`5 numbers, a factor of ${levels} levels`, 'y ~ x1 + x2 + x3 + x4 + x5 + h');
