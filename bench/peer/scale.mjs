/**
 * Regressions of the size of evaluations of language models, with crossed group effects: ours, brms
 * and lme4 side by side on the same tables, one core each; then what a fit of ours costs by rows and
 * levels.
 *
 *     npm run bench:scale -- [--case TEXT] [--full] [--alone] [--curves] [--cache FOLDER] [--csv FOLDER]
 *
 * Ours is CPU time of the whole call in a fresh process, and wall time with two workers; its ESS is the
 * least over coefficients, deviations and group effects. brms' seconds are Stan's own clock of its
 * chains, without compiling; beside it the long runs of a program of our own (test/reference/crossed),
 * which are not made again. lme4 (glmer, Laplace) is for orientation: its CPU time and estimates, no
 * posterior. Both sample 4 chains of 1,000 draws after 1,000 of warm-up; where four chains would take brms
 * hours, it samples one, as ESS a second hardly depends on their number. brms is run where that takes at
 * most a quarter of an hour, elsewhere only with `--full`; the table names what was not run.
 * `--cache` keeps compiled Stan programs and results of brms and lme4 for later runs; `--csv` only
 * writes the tables. `--curves` fits ours at further sizes; a fit that takes longer than ten minutes is
 * stopped. Where Rscript or a package is missing, ours alone is run, and the table says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: {
    case: { type: 'string', default: '' },
    full: { type: 'boolean', default: false },
    /** Ours alone. */
    alone: { type: 'boolean', default: false },
    curves: { type: 'boolean', default: false },
    cache: { type: 'string' },
    csv: { type: 'string' },
  },
});

const { module: data } = await runnerImport(here('../../test/support/crossed-data.ts'));

/** Minutes that brms' chains take on one core, about, and how many chains: the last two are guesses. */
const brmsCosts = [
  { minutes: 1, chains: 4 },
  { minutes: 11, chains: 4 },
  { minutes: 60, chains: 1 },
  { minutes: 300, chains: 1 },
];
const LONGEST = 15;

const sizes = data.crossedSizes
  .map((make, i) => ({ ...make(), brms: brmsCosts[i] }))
  .filter(({ name }) => name.includes(options.case));

function writeTable(folder, one) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${one.file}.csv`);
  writeFileSync(file, data.csvOf(one));
  return file;
}

/** The JSON that a command prints last; null if it fails or takes longer than `seconds`. */
function told(command, rest, seconds) {
  try {
    const text = execFileSync(command, rest, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
      ...(seconds && { timeout: 1000 * seconds }),
    });
    return JSON.parse(text.split('\n').findLast((line) => line.startsWith('{')));
  } catch (error) {
    console.error(`${command}: ${error.code ?? `exit ${error.status}`}`);
    return null;
  }
}

const ours = (file, formula, workers, seconds) =>
  told(
    process.execPath,
    [here('scale-fit.mjs'), file, formula, '--workers', `${workers}`],
    seconds,
  );

const hasPackages = (...names) =>
  spawnSync('Rscript', ['-e', names.map((name) => `library(${name})`).join(';')]).status === 0;
const hasBrms = !options.alone && hasPackages('brms', 'posterior', 'jsonlite', 'digest');
const hasLme4 = !options.alone && hasPackages('lme4', 'jsonlite');

/** What R tells of a table; kept in the cache. */
function peer(cache, program, file, { formula }, ...rest) {
  const asked = [program, formula, readFileSync(file, 'utf8'), ...rest].join('\n');
  const key = createHash('sha256').update(asked).digest('hex').slice(0, 16);
  const kept = join(cache, `${program}-${key}.json`);
  if (existsSync(kept)) return { ...JSON.parse(readFileSync(kept, 'utf8')), earlier: true };
  const places = program === 'brms' ? [here('../../test/peer'), cache, ...rest] : [];
  const found = told('Rscript', [here('scale.R'), program, file, formula, ...places]);
  if (found) writeFileSync(kept, JSON.stringify(found));
  return found;
}

const number = (value) => Math.round(value).toLocaleString('en');
const significant = (value) => (value >= 100 ? number(value) : value.toPrecision(3));
const seconds = (value) => `${significant(value)} s`;
const line = (row) => `| ${row.join(' | ')} |`;
const table = ([head, ...rows]) => [head, head.map(() => '---'), ...rows].map(line).join('\n');
const ess = ({ bulk, tail, divergences }) =>
  `${number(bulk)}, ${number(tail)}${divergences > 0 ? `, ${divergences} divergent` : ''}`;

function brmsCells(one, mine, theirs) {
  if (!hasBrms) return ['not on this machine', '', ''];
  if (one.brms.minutes > LONGEST && !options.full) {
    return [`not run (about ${one.brms.minutes} minutes; --full)`, '', ''];
  }
  if (!theirs) return ['failed', '', ''];
  const ratio = (key) => significant(mine[key] / mine.seconds / (theirs[key] / theirs.seconds));
  const of = `${theirs.chains === 4 ? '' : `, ${theirs.chains} chain`}${theirs.earlier ? ', earlier run' : ''}`;
  return [`${seconds(theirs.seconds)}${of}`, ess(theirs), `${ratio('bulk')}, ${ratio('tail')}`];
}

/**
 * ESS a second of the long run of a Stan program of our own (crossed.stan), which is not made again:
 * from the committed summaries. Its ESS is the least over coefficients, deviations, all effects of
 * models or draws of examples, and twenty items.
 */
function stanCells({ file }, mine) {
  const kept = here(`../../test/reference/crossed/${file}.json`);
  if (!existsSync(kept)) return ['', ''];
  const { seconds: of, parameters } = JSON.parse(readFileSync(kept, 'utf8'));
  const rate = (key) =>
    Math.min(...Object.values(parameters).map((row) => row[key])) / (of.warmup + of.sample);
  const rates = [rate('ess_bulk'), rate('ess_tail')];
  const ratios = [mine.bulk / mine.seconds / rates[0], mine.tail / mine.seconds / rates[1]];
  return [rates, ratios].map((pair) => pair.map(significant).join(', '));
}

/** Estimates side by side: posterior means of ours and brms', lme4's maximum. */
function estimates(one, mine, theirs, lme4) {
  const of = (found, name) => {
    const row = found?.parameters.find((parameter) => parameter.name === name);
    if (!row) return '';
    return row.sd === undefined
      ? row.mean.toFixed(3)
      : `${row.mean.toFixed(3)} ± ${row.sd.toFixed(3)}`;
  };
  return mine.parameters.map(({ name }) => [
    one.name,
    name,
    ...[mine, theirs, lme4].map((fit) => of(fit, name)),
  ]);
}

function compare(folder, cache) {
  const rows = [
    [
      'rows',
      'formula',
      'sampler',
      'ours',
      'ESS',
      'two workers, wall',
      'peak memory',
      'brms',
      'ESS',
      'ESS/s, ratio',
      'Stan, our program: ESS/s',
      'ratio',
      'lme4',
    ],
  ];
  const means = [['size', 'parameter', 'ours', 'brms', 'lme4']];
  for (const one of sizes) {
    const file = writeTable(folder, one);
    const mine = ours(file, one.formula, 1);
    if (!mine) {
      console.error(`ours: ${one.name}: failed`);
      continue;
    }
    console.error(`ours: ${one.name}: ${JSON.stringify({ ...mine, parameters: undefined })}`);
    const threads = ours(file, one.formula, 2);
    const lme4 = hasLme4 ? peer(cache, 'lme4', file, one) : null;
    const wanted = hasBrms && (one.brms.minutes <= LONGEST || options.full);
    const theirs = wanted ? peer(cache, 'brms', file, one, `${one.brms.chains}`) : null;
    console.error(`brms: ${one.name}: ${JSON.stringify({ ...theirs, parameters: undefined })}`);
    const count = Object.values(one.columns)[0].length;
    rows.push([
      `${one.name}: ${number(count)}`,
      `\`${one.formula.replaceAll('|', '\\|')}\``,
      mine.algorithm,
      seconds(mine.seconds),
      ess(mine),
      threads ? seconds(threads.wall) : 'failed',
      `${number(Math.max(mine.megabytes, threads?.megabytes ?? 0))} MB`,
      ...brmsCells(one, mine, theirs),
      ...stanCells(one, mine),
      lme4 ? seconds(lme4.seconds) : hasLme4 ? 'failed' : 'not on this machine',
    ]);
    means.push(...estimates(one, mine, theirs, lme4));
  }
  console.log(`${table(rows)}\n\n${table(means)}`);
}

/** Sizes along three lines, of which each changes one thing. */
const curves = [
  {
    title: 'Items, each answered once by each model',
    sizes: [
      [10, 100],
      [10, 1000],
      [50, 2000],
      [100, 10_000],
    ],
  },
  {
    title: 'Rows of 10 x 100 levels, all different',
    sizes: [1, 10, 100, 1000].map((repeats) => [10, 100, { repeats, predictor: true }]),
  },
  {
    title: 'Rows of 10 x 100 levels, equal rows merged',
    sizes: [1, 10, 100, 1000].map((repeats) => [10, 100, { repeats }]),
  },
  {
    title: 'Levels at 100,000 rows, all different',
    sizes: [10, 100, 1000, 10_000].map((items) => [
      10,
      items,
      { repeats: 10_000 / items, predictor: true },
    ]),
  },
];

/** Longest fit of a curve. */
const PATIENCE = 600;

function drawCurves(folder) {
  for (const { title, sizes: along } of curves) {
    const rows = [
      [
        'size',
        'rows',
        'levels',
        'sampler',
        'CPU',
        'ESS',
        'gradients',
        'CPU a gradient and row',
        'CPU a 1,000 ESS',
        'peak memory',
      ],
    ];
    for (const [models, items, more] of along) {
      const one = data.modelsByItems(models, items, more);
      const file = writeTable(folder, one);
      const count = one.columns.y.length;
      const found = ours(file, one.formula, 1, PATIENCE);
      const start = [one.name, number(count), number(models + items)];
      rows.push(
        found
          ? [
              ...start,
              found.algorithm,
              seconds(found.seconds),
              ess(found),
              number(found.gradients),
              `${((1e9 * found.seconds) / found.gradients / count).toFixed(1)} ns`,
              seconds((1000 * found.seconds) / Math.min(found.bulk, found.tail)),
              `${number(found.megabytes)} MB`,
            ]
          : [...start, '', `more than ${PATIENCE} s`, '', '', '', '', ''],
      );
      console.error(line(rows.at(-1)));
      rmSync(file);
    }
    console.log(`\n${title}\n\n${table(rows)}`);
  }
}

if (options.csv) {
  for (const one of sizes) console.log(writeTable(options.csv, one));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'scale-'));
  const cache = options.cache ?? folder;
  mkdirSync(cache, { recursive: true });
  try {
    if (options.curves) drawCurves(folder);
    else compare(folder, cache);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
