/** `weighbridge study analyse` of a described study: the analyses of its configuration. */
import pc from 'picocolors';
import { badArgument } from '../../checks/values.js';
import { type AnswerTable, answerTable, columnsByName } from '../../harness/answer-table.js';
import { requireFinished } from '../../harness/begun-study.js';
import { printable } from '../../harness/client/sanitize.js';
import {
  type AnswerCounts,
  type BegunDescribedStudy,
  countAnswers,
} from '../../harness/export-study.js';
import { packageVersion } from '../../package-info.js';
import { analyseAnswers } from '../../packs/analyses.js';
import { stageName } from '../../packs/design.js';
import { sectionsText } from '../../report/sections/text.js';
import type { Section } from '../../result/sections.js';
import type { AnswersFacts } from '../../result/write-answers.js';
import { storedSections } from '../../result/write-sections.js';
import { commandLine, requireResultFolder } from '../analysis.js';
import { fitRunner } from '../fit-runner.js';
import { samplerFlags, valuesOf } from '../flags.js';
import { progressBar, STANDARD_OUTPUT, writeJson } from '../output.js';
import { partOf } from '../shards.js';
import type { AnalyseFlags } from './analyse.js';
import { countsTable } from './tables.js';

export async function analyseDescribed(
  study: BegunDescribedStudy,
  flags: AnalyseFlags,
  started: number,
): Promise<void> {
  requireOwnFlags(flags);
  await requireResultFolder(flags);
  const counts = countAnswers(study, flags.policy);
  requireFinished(counts, study.folder);
  const table = answerTable(study, flags.policy);
  const sections = await sectionsOf(study, table, flags);
  const seconds = (performance.now() - started) / 1000;
  const text = [title(study), countsTable(counts), resultText(sections, study)]
    .filter((part) => part !== '')
    .join('\n\n');
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(`${text}\n`);
  else if (!flags.quiet) process.stderr.write(`${text}\n`);
  const facts = factsOf(study, counts, sections, flags, seconds);
  if (flags.out !== undefined) {
    // Loaded on demand: it brings the HTML and the figures.
    const { writeAnswersResult } = await import('../../report/sections/write.js');
    await writeAnswersResult(flags.out, facts, sections, table);
  }
  if (flags.json !== undefined) {
    const stored = storedSections(sections).map((section) => ({
      ...section,
      fits: section.fits.map(({ draws: _, ...fit }) => fit),
    }));
    await writeJson(flags.json, { ...facts, sections: stored });
  }
}

/** @throws WeighbridgeError `bad-argument` for a flag of the paper's analysis */
function requireOwnFlags(flags: AnalyseFlags): void {
  const { weights, png, weighChoices, latent, pooling, keepDraws } = flags;
  const given = [
    ...(weights === undefined ? [] : ['--weights']),
    ...(png ? ['--png'] : []),
    ...(weighChoices === 'as-made' ? [] : ['--weigh-choices']),
    ...(pooling === 'none' ? [] : ['--pooling']),
    ...(latent ? ['--latent'] : []),
    ...(keepDraws === undefined ? [] : ['--keep-draws']),
  ];
  const [flag] = given;
  if (flag === undefined) return;
  throw badArgument(`${flag} is for a study of the pack self-interpretability`, { option: flag });
}

/** The analyses of a study whose answers are complete. */
export async function describedSections(
  study: BegunDescribedStudy,
  flags: AnalyseFlags,
): Promise<Section[]> {
  requireOwnFlags(flags);
  requireFinished(countAnswers(study, flags.policy), study.folder);
  return sectionsOf(study, answerTable(study, flags.policy), flags);
}

async function sectionsOf(
  { configuration }: BegunDescribedStudy,
  table: AnswerTable,
  flags: AnalyseFlags,
): Promise<Section[]> {
  const pool = await fitRunner(flags, flags.chains);
  const bar = progressBar('fitting', flags.quiet);
  const ordinalTasks = new Set(
    Object.entries(configuration.tasks).flatMap(([name, { answer }]) =>
      answer.kind === 'ordinal' ? [name] : [],
    ),
  );
  try {
    return await analyseAnswers(columnsByName(table), configuration.analysis, {
      ...valuesOf(samplerFlags, flags),
      runner: partOf(pool.runner),
      onProgress: bar.update,
      ordinalTasks,
    });
  } finally {
    bar.stop();
    await pool.close();
  }
}

function title({ configuration: { study, pack }, record }: BegunDescribedStudy): string {
  const what = `${printable(study)}${pack === null ? '' : ` (pack ${printable(pack)})`}`;
  const simulated = record.simulated()
    ? pc.yellow('\nSIMULATED DATA: no language model answered')
    : '';
  return pc.bold(what) + simulated;
}

function resultText(sections: readonly Section[], { folder }: BegunDescribedStudy): string {
  if (sections.length > 0) return sectionsText(sections);
  return `study.yaml of ${folder} has no analysis: its answers are one table, see \`weighbridge study export\`.`;
}

function factsOf(
  study: BegunDescribedStudy,
  counts: readonly AnswerCounts[],
  sections: readonly Section[],
  flags: AnalyseFlags,
  seconds: number,
): AnswersFacts {
  const { folder, configuration, record, design, stages } = study;
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const simulated = record.simulated();
  return {
    weighbridge: packageVersion,
    study: configuration.study,
    pack: configuration.pack,
    data: {
      folder,
      simulated,
      ...(simulated && {
        description: `study ${configuration.study}, collected from the simulated model server`,
      }),
    },
    settings: valuesOf(samplerFlags, flags),
    models: configuration.models.map(({ name }) => name),
    stages: counts.flatMap(({ stage: id, asked, answered, valid, invalid }) => {
      const stage = byId.get(id);
      if (stage === undefined || stage.kind === 'training') return [];
      const { task, base, after } = stage;
      return [
        {
          ...{ stage: stageName(stage), task, model: base.name, after },
          ...{ asked, answered, valid, invalid: Object.fromEntries(invalid) },
        },
      ];
    }),
    warnings: sections.flatMap(({ fits }) =>
      fits.flatMap(({ name, warnings }) => warnings.map((line) => `${name}: ${line}`)),
    ),
    seconds,
    command: commandLine(),
    checksums: { ...design.checksums() },
  };
}
