/**
 * `weighbridge study export`: the answers as one flat table, or those of the paper's pack in the
 * authors' layout.
 */
import { extname, join } from 'node:path';
import type { Command } from 'commander';
import { makeFolder, writeFiles } from '../../data-files/write-files.js';
import { writeTable } from '../../data-files/write-table.js';
import { answerTable } from '../../harness/answer-table.js';
import { requireBegun } from '../../harness/begun-study.js';
import { type BegunStudy, exportStudy } from '../../harness/export-study.js';
import { lookAtStudy } from '../../harness/open-study.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import { addFlags, type FlagValues, optionalChoice } from '../flags.js';
import { policyFlag } from './analyse.js';

const tableFormats = ['csv', 'jsonl', 'parquet'] as const;

const exportFlags = {
  format: optionalChoice(
    '--format <name>',
    "authors: the files of the authors' layout, of the paper's pack only; csv, jsonl, parquet: OUT/answers.NAME (default: the end of OUT, else authors for the paper's pack and csv for others)",
    ['authors', ...tableFormats],
  ),
  policy: policyFlag,
};

type ExportFlags = FlagValues<typeof exportFlags>;

export function addExport(study: Command): void {
  const command = study
    .command('export')
    .description(
      "write the answers: one flat table, for `fit` and other programs, or the authors' layout, for their scripts and for reproduce",
    )
    .argument('<folder>', 'a folder made by `study init`')
    .argument(
      '<out>',
      'a file that ends in .csv, .jsonl or .parquet, or a folder; files of the same names are replaced',
    );
  addFlags(command, exportFlags).action(writeExport);
}

async function writeExport(
  folder: string,
  out: string,
  { format, policy }: ExportFlags,
): Promise<void> {
  const planned = await lookAtStudy(folder);
  try {
    const study = requireBegun(planned);
    const table = tablePath(study, out, format);
    const line =
      table === null
        ? await writeAuthorsFiles(study, out, policy)
        : await writeAnswers(study, table, policy);
    process.stdout.write(`${line}\n`);
  } finally {
    planned.close();
  }
}

/** Path of the flat table; null for the authors' layout. */
function tablePath(
  { design }: BegunStudy,
  out: string,
  format: ExportFlags['format'],
): string | null {
  const isFile = tableFormats.some((name) => extname(out).toLowerCase() === `.${name}`);
  if (format === undefined && isFile) return out;
  const wanted = format ?? (design.kind === 'paper' ? 'authors' : 'csv');
  return wanted === 'authors' ? null : join(out, `answers.${wanted}`);
}

async function writeAuthorsFiles(
  study: BegunStudy,
  out: string,
  policy: AnswerPolicy,
): Promise<string> {
  const { files, counts } = exportStudy(study, policy);
  await writeFiles(out, files);
  const answered = counts.reduce((sum, one) => sum + one.answered, 0);
  return `${files.size} files with ${answered} answers${unfinished(study, answered)} written to ${out}`;
}

async function writeAnswers(
  study: BegunStudy,
  path: string,
  policy: AnswerPolicy,
): Promise<string> {
  const table = answerTable(study, policy);
  await makeFolder(join(path, '..'));
  await writeTable(path, table);
  const { length } = table.rows;
  return `${length} answers${unfinished(study, length)} written to ${path}`;
}

function unfinished({ stages }: BegunStudy, answered: number): string {
  const asked = stages.reduce(
    (sum, stage) => sum + (stage.kind === 'training' ? 0 : stage.trials.length),
    0,
  );
  return answered < asked ? ` (of ${asked}: the study is not finished)` : '';
}
