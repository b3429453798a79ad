/** `weighbridge study init`: a folder with a commented configuration, contexts and agents. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { createStudy } from '../../harness/create-study.js';
import { studyFiles } from '../../harness/study-folder.js';

export function addInit(study: Command): void {
  study
    .command('init')
    .description('begin a study: write a commented configuration, contexts and agents to edit')
    .argument('<folder>', 'where the study will live')
    .action(initStudy);
}

async function initStudy(folder: string): Promise<void> {
  const written = await createStudy(folder);
  process.stdout.write(`${written.join('\n')}
edit ${join(folder, studyFiles.configuration)}, then:
  weighbridge study run ${folder} --dry-run
  weighbridge study run ${folder}
`);
}
