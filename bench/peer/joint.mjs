/**
 * The joint model of choices and reports, ours and Stan's side by side on the same data, one core each:
 * posterior means in units of their joint Monte Carlo error, ratios of sds, ESS a second.
 *
 *     npm run bench:joint -- [--data FOLDER] [--comparisons MODEL/trained_reports,…] [--seed 2]
 *
 * Stan is rstan through Rscript where the machine has it (Debian: r-cran-rstan, r-cran-posterior,
 * r-cran-jsonlite); else ours runs alone and says so. A fit takes Stan five to fifteen minutes. Our time
 * is CPU time and holds the search for the peak, summaries and diagnostics; Stan's is that of its chains.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readStudy } from 'weighbridge/node';
import { runHere } from 'weighbridge/paper';
import { jointData } from '../../dist/src/correlation/joint-data.js';
import { normalizedDifferences } from '../../dist/src/study/context.js';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: here('../../fixtures/replica') },
    comparisons: { type: 'string' },
    seed: { type: 'string', default: '2' },
  },
});

/** The reports of a comparison in the instilled setting. */
const kinds = {
  reports: (model) => model.instilledReports,
  trained_reports: (model) => [...model.firstHalfTrainedReports, ...model.lastHalfTrainedReports],
};

const study = await readStudy(options.data);
const wanted = (options.comparisons ?? `${study.models[0].name}/reports`).split(',');

function specificationOf(comparison) {
  const cut = comparison.lastIndexOf('/');
  const model = study.models.find(({ name }) => name === comparison.slice(0, cut));
  const choices = model.instilledChoices.map((choice) => ({
    context: choice.context,
    differences: normalizedDifferences(study.contexts.get(choice.context), choice),
    choseA: choice.choseA,
  }));
  return jointData({ choices, reports: { reports: kinds[comparison.slice(cut + 1)](model) } })
    .specification;
}

/** The data of joint.stan. */
function forStan({ contexts, attributes, choices, reports: [{ means, se }] }) {
  const present = [...means.keys()].filter((cell) => !Number.isNaN(means[cell]));
  return {
    contexts: contexts.length,
    attributes,
    ctx: contexts.flatMap((_, c) => Array(choices.starts[c + 1] - choices.starts[c]).fill(c + 1)),
    differences: [...choices.differences],
    outcomes: [...choices.outcomes],
    rc: present.map((cell) => Math.floor(cell / attributes) + 1),
    ra: present.map((cell) => (cell % attributes) + 1),
    means: present.map((cell) => means[cell]),
    se: present.map((cell) => se[cell]),
  };
}

async function ours(name, specification) {
  const { user, system } = process.cpuUsage();
  const [{ parameters }] = await runHere([{ name, specification }], {});
  const now = process.cpuUsage();
  const rows = parameters.map((row) => ({
    ...row,
    variable: row.name,
    mcse_mean: row.mcseMean,
    ess_bulk: row.essBulk,
    ess_tail: row.essTail,
  }));
  return { seconds: (now.user + now.system - user - system) / 1e6, parameters: rows };
}

function stan(specifications) {
  const folder = mkdtempSync(join(tmpdir(), 'joint-'));
  try {
    const file = join(folder, 'fits.json');
    writeFileSync(file, JSON.stringify(specifications.map(forStan)));
    const text = execFileSync(
      'Rscript',
      [here('joint.R'), file, here('joint.stan'), options.seed],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    return text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  } catch {
    console.log('Stan: not available, ours alone');
    return [];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rate = ({ seconds, parameters }) =>
  Math.min(...parameters.flatMap(({ ess_bulk, ess_tail }) => [ess_bulk, ess_tail])) / seconds;

const specifications = wanted.map(specificationOf);
const theirs = stan(specifications);
for (const [i, specification] of specifications.entries()) {
  // A first fit compiles the code; Stan's is compiled, too.
  await ours(wanted[i], specification);
  const mine = await ours(wanted[i], specification);
  console.log(
    `${wanted[i]}: ours ${mine.seconds.toFixed(1)} s, least ESS a second ${rate(mine).toFixed(1)}`,
  );
  if (!theirs[i]) continue;
  console.log(
    `Stan ${theirs[i].seconds.toFixed(0)} s, ${rate(theirs[i]).toFixed(2)} a second: ${(rate(mine) / rate(theirs[i])).toFixed(0)} times`,
  );
  for (const row of mine.parameters) {
    const other = theirs[i].parameters.find(({ variable }) => variable === row.variable);
    const z = (row.mean - other.mean) / Math.hypot(row.mcse_mean, other.mcse_mean);
    console.log(
      `  ${row.variable.padEnd(6)} mean ${row.mean.toFixed(4)} and ${other.mean.toFixed(4)}, difference ${z.toFixed(1)} MCSE; sd ratio ${(row.sd / other.sd).toFixed(3)}`,
    );
  }
}
