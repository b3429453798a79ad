/** `weighbridge explain`: explanations of a model's own computations. */
import type { Command } from 'commander';
import { readItems } from '../analysis/explanations/read-items.js';
import { badArgument } from '../checks/values.js';
import { readTable } from '../data-files/read-table.js';
import { packageVersion } from '../package-info.js';
import { explainersJson } from '../report/explanations/json.js';
import { explainerSections } from '../report/explanations/sections.js';
import { sectionsText } from '../report/sections/text.js';
import { comparedExplainers } from './explain-analysis.js';
import { addExplainDemo } from './explain-demo.js';
import { addExplainRun } from './explain-run.js';
import { readingFlags } from './fit-flags.js';
import {
  addFlags,
  choiceFlag,
  type FlagValues,
  jsonFlag,
  quietFlag,
  repeatedFlag,
  samplerFlags,
  valuesOf,
  workerFlags,
} from './flags.js';
import { requireWritable, STANDARD_OUTPUT, warn, writeJson } from './output.js';
import { noShards } from './shards.js';

export function addExplain(program: Command): void {
  const explain = program
    .command('explain')
    .description("explanations of a model's own computations: demo, run, import");
  addExplainDemo(explain);
  addExplainRun(explain);
  addImport(explain);
}

const importFlags = {
  other: repeatedFlag(
    '--other <name>',
    'an explainer that the target itself is compared with; may be given more than once (default: all others)',
  ),
  unpaired: choiceFlag(
    '--unpaired <what>',
    'items with answers of one explainer only: fail, or drop them',
    ['fail', 'drop'],
    'fail',
  ),
  unknownColumns: choiceFlag(
    '--unknown-columns <what>',
    'columns that are not among those below: fail, or ignore them',
    ['fail', 'ignore'],
    'fail',
  ),
  ...readingFlags,
  ...samplerFlags,
  ...workerFlags,
  shard: noShards(
    'a comparison has a few large fits and no shards; their chains run on threads (--workers) or on a queue (--on)',
  ),
  json: jsonFlag,
  quiet: quietFlag,
};

type ImportFlags = FlagValues<typeof importFlags>;

const columnsHelp = `
Columns, one row for each answer:
  item, target, explainer, task   needed; an explainer 'self', or of the target's name, is the target itself
  score                           0 or 1, or graded from -1 to 1; or:
  truth, answer                   the score is 1 if they are the same
  seed, n                         the explainer's training, and its number of examples
  model                           the model that the explainer was trained from; empty: none
  vector                          given (default), none, rotated or aligned
  cluster                         what items share that makes them alike, such as their prompt
  sample                          numbers several answers of an explainer to an item
  changed, says_changed           whether the output changed, and whether the explainer says so
`;

function addImport(explain: Command): void {
  const command = explain
    .command('import')
    .description('compare explainers from per-item tables of your own experiment')
    .argument('<files...>', 'CSV, TSV, JSON, JSON lines or Parquet');
  addFlags(command, importFlags).addHelpText('after', columnsHelp).action(runImport);
}

async function runImport(files: readonly string[], flags: ImportFlags): Promise<void> {
  await requireWritable(flags.json);
  const twice = files.find((file, i) => files.indexOf(file) < i);
  if (twice !== undefined) throw badArgument(`${twice} is given twice: expected each file once`);
  const started = performance.now();
  const tables = [];
  for (const file of files) {
    const columns = await readTable(file, { ...valuesOf(readingFlags, flags), onWarning: warn });
    tables.push({ file, columns });
  }
  const { rows, notes } = readItems(tables, flags);
  warn(...notes);
  const tasks = await comparedExplainers(rows, flags);
  const text = `${sectionsText(explainerSections(tasks))}\n`;
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(text);
  else if (!flags.quiet) process.stderr.write(text);
  if (flags.json === undefined) return;
  await writeJson(flags.json, {
    ...{ weighbridge: packageVersion, files },
    settings: valuesOf(samplerFlags, flags),
    tasks: explainersJson(tasks),
    notes,
    seconds: (performance.now() - started) / 1000,
  });
}
