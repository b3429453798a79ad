/** `weighbridge study export`: the answers as files in the authors' layout. */
import { type Command, Option } from 'commander';
import { WeighbridgeError } from '../../errors.js';
import { type AnswerCounts, type BegunStudy, exportStudy } from '../../harness/export-study.js';
import { lookAtStudy, type PlannedStudy } from '../../harness/open-study.js';
import type { AnswerPolicy } from '../../study/parse-report.js';
import { writeFiles } from '../../study/write-files.js';

export function addExport(study: Command): void {
  study
    .command('export')
    .description("write the answers in the authors' layout, for their scripts and for reproduce")
    .argument('<folder>', 'a folder made by `study init`')
    .argument('<out>', 'where to write; files of the same names are replaced')
    .addOption(policyOption())
    .action(writeExport);
}

export function policyOption(): Option {
  return new Option(
    '--policy <which>',
    "which answers are taken: the paper's strict reading, or a lenient one that mends near-matches of names",
  )
    .choices(['paper', 'lenient'])
    .default('paper');
}

async function writeExport(
  folder: string,
  out: string,
  { policy }: { policy: AnswerPolicy },
): Promise<void> {
  const study = await lookAtStudy(folder);
  try {
    const { files, counts } = exportStudy(begun(study), policy);
    await writeFiles(out, files);
    const answered = counts.reduce((sum, one) => sum + one.answered, 0);
    const asked = counts.reduce((sum, one) => sum + one.asked, 0);
    const left = answered < asked ? ` (of ${asked}: the study is not finished)` : '';
    process.stdout.write(`${files.size} files with ${answered} answers${left} written to ${out}\n`);
  } finally {
    study.close();
  }
}

/** @throws WeighbridgeError `missing-file` where nothing was collected yet */
export function begun(study: PlannedStudy): BegunStudy {
  if (study.record) return { ...study, record: study.record };
  throw new WeighbridgeError(
    'missing-file',
    `${study.folder} has no answers yet: run \`weighbridge study run ${study.folder}\` first`,
  );
}

/** @throws WeighbridgeError `bad-data` where a stage lacks answers */
export function requireFinished(counts: readonly AnswerCounts[], folder: string): void {
  const lacking = counts.find(({ asked, answered }) => answered < asked);
  if (!lacking) return;
  throw new WeighbridgeError(
    'bad-data',
    `${lacking.stage} has ${lacking.answered} of ${lacking.asked} answers: finish it with \`weighbridge study run ${folder}\``,
  );
}
