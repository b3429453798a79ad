/** A described study in a temporary folder, from its files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../src/packs/configuration/read-configuration.js';
import type { DescribedStage } from '../../src/packs/described/stages.js';
import type { Stage } from '../../src/packs/design.js';
import { readDesign } from '../../src/packs/read-design.js';

export function describedFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weighbridge-described-'));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

/** The stages of a study with these files. */
export async function describedStages(files: Readonly<Record<string, string>>): Promise<Stage[]> {
  const folder = describedFolder(files);
  const { stages } = await readDesign(await readConfiguration(folder), folder);
  return [...stages];
}

/** A stage that asks. */
export function askingStage(stages: readonly Stage[], id: string): DescribedStage {
  const found = stages.find((stage) => stage.id === id);
  if (found?.kind !== 'answers') {
    throw new Error(`no stage ${id}; there are ${stages.map((one) => one.id).join(', ')}`);
  }
  return found as DescribedStage;
}
