/**
 * Ours beside brms on the cases of test/peer, one core each, in one run: ESS a second of the
 * sampling, as a table for docs/performance.md.
 *
 *     npm run build && node bench/peer/regressions.mjs [--cache FOLDER] [--repeats 3] [--groups]
 *       [--case TEXT]
 *
 * Both sample with their defaults: 4 chains of 1,000 draws after 1,000 of warm-up, target acceptance
 * 0.8. brms' seconds are Stan's own clock of warm-up and sampling, CPU time, without compiling, which
 * is told beside them, and without summaries; ours are CPU seconds of the whole call: formula, design,
 * plan, sampling, summaries and diagnostics, garbage collection and just-in-time compiling included.
 * ESS is the least over coefficients, deviations, correlations and auxiliary parameters, group
 * effects left out; ESS and seconds are averaged over the repeats, each with its own seed: `--repeats`
 * of brms, and of ours ten where they take no more than three seconds. Before ours are counted, half a
 * second of fits makes the code warm, as compiling is left out of brms' times; the first of them is
 * shown apart. `--groups` takes the cases with group effects only. Compiled Stan programs are kept in
 * `--cache`; without it they are compiled anew.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parsePrior, regression } from 'weighbridge';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: {
    cache: { type: 'string' },
    repeats: { type: 'string', default: '3' },
    case: { type: 'string', default: '' },
    /** Cases with group effects only. */
    groups: { type: 'boolean', default: false },
    /** Ours alone. */
    alone: { type: 'boolean', default: false },
  },
});
const repeats = Number(options.repeats);
const peer = here('../../test/peer');
const read = (file) => JSON.parse(readFileSync(join(peer, file), 'utf8'));
const data = read('data.json');
const cases = read('cases.json').filter(
  ({ name, formula }) => name.includes(options.case) && (!options.groups || /~.*\|/.test(formula)),
);

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const priorRow = ({ text, class: of, ...rest }) =>
  parsePrior(
    [text, `class=${of}`, ...Object.entries(rest).map((pair) => pair.join('='))].join(' '),
  );

async function ours({ formula, family, link, threshold, data: name, prior }, seed) {
  const [wallStarted, cpuStarted] = [performance.now(), cpuSeconds()];
  const fit = await regression({
    formula,
    family: { family, link, ...(threshold && { threshold }) },
    data: data[name].columns,
    prior: prior.map(priorRow),
    seed,
  });
  const seconds = cpuSeconds() - cpuStarted;
  const wall = (performance.now() - wallStarted) / 1000;
  const rows = fit.parameters.filter((row) => !row.name.startsWith('r_'));
  const least = (key) => Math.min(...rows.map((row) => row[key]));
  return {
    seconds,
    wall,
    bulk: least('essBulk'),
    tail: least('essTail'),
    rhat: Math.max(...rows.map((row) => row.rhat)),
    divergences: fit.diagnostics.divergences,
    algorithm: fit.chains[0].algorithm,
    parameters: rows.map((row) => row.name),
  };
}

/** The first fit of a case, and those that count. */
async function oursRepeated(one) {
  const first = await ours(one, 'first');
  for (let i = 0, spent = first.seconds; spent < 0.5; i++) {
    spent += (await ours(one, `warm ${i}`)).seconds;
  }
  const fits = [];
  for (let i = 0, spent = 0; i < repeats || (i < 10 && spent < 3); i++) {
    fits.push(await ours(one, 2025 + i));
    spent += fits[i].seconds;
  }
  return { first, fits };
}

/** The lines that brms prints of the cases, gathered by case. */
async function brms() {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'));
  const cache = options.cache ?? folder;
  mkdirSync(cache, { recursive: true });
  try {
    const wanted = join(folder, 'wanted.json');
    writeFileSync(wanted, JSON.stringify(cases.map(({ name }) => name)));
    const child = spawn('Rscript', [here('regressions.R'), peer, cache, wanted, String(repeats)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const fits = new Map();
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{')) continue;
      const fit = JSON.parse(line);
      const of = fits.get(fit.name) ?? [];
      fits.set(fit.name, [...of, fit]);
      console.error(`brms: ${fit.name}, ${fit.seconds.toFixed(2)} s`);
    }
    return fits;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Means over repeats, and what they make a second. */
function rates(fits) {
  const of = (key) => mean(fits.map((fit) => fit[key]));
  const seconds = of('seconds');
  return {
    seconds,
    bulk: of('bulk') / seconds,
    tail: of('tail') / seconds,
    ess: [of('bulk'), of('tail')],
    divergences: fits.reduce((sum, fit) => sum + fit.divergences, 0),
  };
}

const hasBrms = spawnSync('Rscript', ['-e', 'library(brms); library(jsonlite)']).status === 0;
if (!hasBrms) console.log('brms is not on this machine: ours alone');
const theirs = hasBrms && !options.alone ? await brms() : new Map();

const number = (value, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const significant = (value) => (value >= 100 ? number(value) : value.toPrecision(3));
const table = [
  [
    'case',
    'family',
    'sampler',
    'ours, first',
    'ours',
    'ESS',
    'brms',
    'ESS',
    'compile',
    'ESS/s, ratio',
  ],
];
const ratios = [];
for (const one of cases) {
  let repeated;
  try {
    repeated = await oursRepeated(one);
  } catch (error) {
    console.error(`ours: ${one.name}: ${error.message}`);
    continue;
  }
  const { first, fits } = repeated;
  const mine = rates(fits);
  const ess = (pair) => pair.map((value) => number(value)).join(', ');
  const diverged = (count) => (count > 0 ? `, ${count} divergent` : '');
  const row = [
    one.name,
    `${one.family}, ${one.link}`,
    [...new Set(fits.map(({ algorithm }) => algorithm))].join(', '),
    `${significant(1000 * first.seconds)} ms`,
    `${significant(1000 * mine.seconds)} ms`,
    ess(mine.ess) + diverged(mine.divergences),
  ];
  const peers = theirs.get(one.name);
  if (peers) {
    const other = rates(peers);
    const same = (names) => [...names].sort().join(' ');
    if (same(peers[0].parameters) !== same(first.parameters)) {
      console.error(
        `${one.name}: parameters differ: ours ${same(first.parameters)}; brms ${same(peers[0].parameters)}`,
      );
    }
    const ratio = { name: one.name, bulk: mine.bulk / other.bulk, tail: mine.tail / other.tail };
    ratios.push(ratio);
    row.push(
      `${significant(1000 * other.seconds)} ms`,
      ess(other.ess) + diverged(other.divergences),
      `${number(peers[0].compile)} s`,
      `${significant(ratio.bulk)}, ${significant(ratio.tail)}`,
    );
  } else row.push('', '', '', '');
  table.push(row);
  console.error(`ours: ${row.join(' | ')}`);
}

const line = (row) => `| ${row.join(' | ')} |`;
console.log(
  [line(table[0]), line(table[0].map(() => '---')), ...table.slice(1).map(line)].join('\n'),
);
for (const key of ratios.length > 0 ? ['bulk', 'tail'] : []) {
  const sorted = [...ratios].sort((a, b) => a[key] - b[key]);
  const median = sorted[Math.floor(sorted.length / 2)][key];
  const below = sorted.filter((ratio) => ratio[key] < 5);
  console.log(
    `\n${key} ESS a second, ours over brms: least ${significant(sorted[0][key])} (${sorted[0].name}), median ${significant(median)}; below 5 in ${below.length} of ${sorted.length}${below.map((ratio) => `\n- ${ratio.name}: ${significant(ratio[key])}`).join('')}`,
  );
}
