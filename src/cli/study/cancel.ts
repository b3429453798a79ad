/** `weighbridge study cancel`: calls off training jobs and batches at the server. */
import type { Command } from 'commander';
import { cancelStudy } from '../../harness/cancel.js';
import { openStudy } from '../../harness/open-study.js';
import { warn } from '../analysis.js';
import { addTrustOptions, type TrustFlags, trustOptions } from './trust.js';

export function addCancel(study: Command): void {
  const command = study
    .command('cancel')
    .description(
      'call off training jobs and batches at the server (run --retry-failed begins them anew)',
    )
    .argument('<folder>', 'a folder made by `study init`');
  addTrustOptions(command).action(cancel);
}

async function cancel(folder: string, flags: TrustFlags): Promise<void> {
  const study = await openStudy(folder, trustOptions(flags));
  try {
    const cancelled = await cancelStudy(study, undefined, (line) => warn([line]));
    const lines = cancelled.map((stage) => `${stage}: cancelled`);
    process.stdout.write(`${lines.join('\n') || 'nothing is under way at the server'}\n`);
  } finally {
    study.close();
  }
}
