/** `weighbridge study cancel`: calls off training jobs and batches at the server. */
import type { Command } from 'commander';
import { cancelStudy } from '../../harness/cancel.js';
import { openStudy } from '../../harness/open-study.js';
import { warn } from '../analysis.js';

export function addCancel(study: Command): void {
  study
    .command('cancel')
    .description(
      'call off training jobs and batches at the server (run --retry-failed begins them anew)',
    )
    .argument('<folder>', 'a folder made by `study init`')
    .action(cancel);
}

async function cancel(folder: string): Promise<void> {
  const study = await openStudy(folder);
  try {
    const cancelled = await cancelStudy(study, undefined, (line) => warn([line]));
    const lines = cancelled.map((stage) => `${stage}: cancelled`);
    process.stdout.write(`${lines.join('\n') || 'nothing is under way at the server'}\n`);
  } finally {
    study.close();
  }
}
