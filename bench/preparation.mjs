/**
 * The table of docs/performance.md on preparation: CPU seconds from data to a specification, of the check that
 * the posterior is proper, and from the specification to a model, with warm code; the least of a few repeats.
 *
 *     npm run build && node bench/preparation.mjs [--rows 100000] [--levels 500] [--repeats 5]
 */
import { parseArgs } from 'node:util';
import { requireProper } from '../dist/src/fit/propriety.js';
import { modelOf } from '../dist/src/fit/specification.js';
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
const repeats = Array.from({ length: Number(options.repeats) });
const random = randomStream('preparation');

const numbers = Array.from({ length: 40 }, (_, j) => `x${j + 1}`);
const normals = () => Float64Array.from({ length: rows }, random.normal);
const factor = (name, count) =>
  Array.from({ length: rows }, () => `${name}${Math.floor(count * random.uniform())}`);
const data = {
  ...Object.fromEntries(['y', ...numbers].map((name) => [name, normals()])),
  z: Array.from({ length: rows }, () => Number(random.uniform() < 0.5)),
  f: factor('f', 4),
  g: factor('g', 6),
  h: factor('h', levels),
};

function cpuSeconds(work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const least = (work) => Math.min(...repeats.map(() => cpuSeconds(work))).toFixed(2);

function report(family, columns, formula, withModel) {
  const asked = { formula, family, data };
  const { specification, frame } = prepare(asked);
  const times = [
    least(() => prepare(asked)),
    least(() => requireProper(specification, frame.facts)),
    withModel ? least(() => modelOf(specification)) : '',
  ];
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.log(`| ${family} | ${columns} | ${times.join(' | ')} | ${memory} |`);
}

const many = '40 numbers, two factors and their interaction';
const manyTerms = `${numbers.join(' + ')} + f * g`;
console.log(`${rows} rows; CPU seconds\n`);
console.log('| family | columns | preparation | check | model | memory, MB |');
console.log('| --- | --- | --- | --- | --- | --- |');
report('gaussian', many, `y ~ ${manyTerms}`, true);
report('bernoulli', many, `z ~ ${manyTerms}`, true);
const long = `5 numbers and a factor of ${levels} levels`;
report('gaussian', long, 'y ~ x1 + x2 + x3 + x4 + x5 + h', false);
