/**
 * A new study: a folder with its configuration, decision contexts and agents, all of them to edit.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { WeighbridgeError } from '../errors.js';
import { fixturePath } from '../package-info.js';
import { writeFiles } from '../study/write-files.js';
import { parseConfiguration } from './configuration/read-configuration.js';
import { type ConfigurationInput, LONGEST_STUDY_NAME } from './configuration/schema.js';
import { configurationTemplate } from './configuration/template.js';
import { studyFiles } from './study-folder.js';

/**
 * Writes the files of a study. Where the folder has no contexts and agents of its own, those that
 * ship with weighbridge.
 * @param configuration what differs from the defaults; left out: the commented template
 * @returns the paths written
 * @throws WeighbridgeError `bad-argument` where the folder holds a study already;
 *   `bad-configuration`
 */
export async function createStudy(
  folder: string,
  configuration?: ConfigurationInput,
): Promise<string[]> {
  if (existsSync(join(folder, studyFiles.configuration))) {
    throw new WeighbridgeError(
      'bad-argument',
      `${folder} holds a study already (${studyFiles.configuration}): choose another folder`,
    );
  }
  const text = configuration ? stringify(configuration) : configurationTemplate(nameFor(folder));
  parseConfiguration(text, studyFiles.configuration);
  // What is there already is the user's own, and stays.
  const missing = ['contexts.json', 'agents.csv'].filter((file) => !existsSync(join(folder, file)));
  const files = new Map<string, string>();
  for (const file of missing) files.set(file, await readFile(fixturePath(file), 'utf8'));
  // Last, for a folder with a configuration is a study.
  files.set(studyFiles.configuration, text);
  await writeFiles(folder, files);
  return [...files.keys()].map((file) => join(folder, file));
}

/** The folder's own name, as far as it can go into the names of models. */
function nameFor(folder: string): string {
  const name = basename(resolve(folder)).replace(/[^A-Za-z0-9-]+/g, '-');
  return name.replace(/^-+/, '').slice(0, LONGEST_STUDY_NAME).replace(/-+$/, '') || 'study';
}
