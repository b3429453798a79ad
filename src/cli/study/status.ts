/** `weighbridge study status`: where a study stands; may look on while another process collects. */
import type { Command } from 'commander';
import { exportStudy } from '../../harness/export-study.js';
import { lookAtStudy, lossOf } from '../../harness/open-study.js';
import { studyStatus } from '../../harness/status.js';
import { warn } from '../analysis.js';
import { countsTable, spentLine, statusTable } from './tables.js';

export function addStatus(study: Command): void {
  study
    .command('status')
    .description('how far each stage is, what was spent, and which answers are invalid and why')
    .argument('<folder>', 'a folder made by `study init`')
    .action(showStatus);
}

async function showStatus(folder: string): Promise<void> {
  const study = await lookAtStudy(folder);
  try {
    const { record, configuration } = study;
    const lines = [statusTable(studyStatus(study))];
    if (record) {
      const { counts } = exportStudy({ ...study, record }, 'paper');
      lines.push(countsTable(counts), spentLine(record.spent(), configuration.budget));
      const loss = lossOf(folder);
      if (loss !== null) warn([loss]);
    }
    process.stdout.write(`${lines.filter((line) => line !== '').join('\n')}\n`);
  } finally {
    study.close();
  }
}
