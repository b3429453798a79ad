/** `weighbridge explain demo`: the study that ships with the package. */
import type { Command } from 'commander';
import { badArgument } from '../checks/values.js';
import { fixturePath, packageVersion } from '../package-info.js';
import { isHeldOut } from '../report/explanations/tasks.js';
import { sectionsText } from '../report/sections/text.js';
import { formatCount } from '../report/words.js';
import type { ExplanationsDocument } from '../result/explanations-format.js';
import { readExplanationsResult } from '../result/read-explanations.js';
import { addFlags, type FlagValues, jsonFlag, optionalFlag, quietFlag } from './flags.js';
import { requireWritable, STANDARD_OUTPUT, writeJson } from './output.js';

const demoFlags = {
  out: optionalFlag(
    '--out <folder>',
    'write the study there with its report; `weighbridge view` shows it',
  ),
  json: jsonFlag,
  quiet: quietFlag,
};

type DemoFlags = FlagValues<typeof demoFlags>;

export function addExplainDemo(explain: Command): void {
  const command = explain
    .command('demo')
    .description('small networks that explain one another and themselves, from shipped answers');
  addFlags(command, demoFlags).action((flags: DemoFlags) => demo(flags));
}

/** @param shipped the folder of the study */
export async function demo(
  { out, json, quiet }: DemoFlags,
  shipped = fixturePath('explanations'),
): Promise<void> {
  if (out === '') throw badArgument('--out is empty: expected a folder');
  await requireWritable(json);
  const folder = await readExplanationsResult(shipped);
  try {
    const { result } = folder;
    if (out !== undefined) {
      // Loaded on demand: it brings the HTML and the figures.
      const { copyExplanations } = await import('../report/explanations/write.js');
      await copyExplanations(folder, out);
    }
    const text = demoText(result, out);
    if (json !== STANDARD_OUTPUT) process.stdout.write(text);
    else if (!quiet) process.stderr.write(text);
    if (json === undefined) return;
    const { size, seeds, rows, command, settings, tasks } = result;
    await writeJson(json, {
      ...{ weighbridge: packageVersion, study: { size, seeds, rows, command } },
      ...{ settings, tasks },
    });
  } finally {
    await folder.close();
  }
}

/** The tables of the tasks with held-out items; regressions and other tasks are in the report. */
function demoText({ networks, rows, sections, tasks }: ExplanationsDocument, out?: string): string {
  const names = Object.keys(tasks);
  const shown = sections
    .filter((_, i) => isHeldOut(names[i] ?? ''))
    .map((section) => ({ ...section, fits: [] }));
  return `${[
    `${networks.length} small networks that learned a made-up world explain one another and themselves: ${formatCount(rows)} answers about items that were held out, and others.`,
    'This is a method at work where every truth is known. It says nothing about whether large language models know what they compute.',
    '',
    sectionsText(shown),
    '',
    out === undefined
      ? 'Every question with its answers, and the regressions: weighbridge explain demo --out FOLDER'
      : `Written to ${out}. Every question with its answers: weighbridge view ${out}`,
  ].join('\n')}\n`;
}
