/** `weighbridge replica`: the simulated study, byte for byte as it ships. */
import type { Command } from 'commander';
import { fixturePath } from '../package-info.js';
import { replicaFiles } from '../simulation/replica.js';
import { readAgents, readCandidates } from '../study/candidates.js';
import { writeFiles } from '../study/write-files.js';
import { wholeNumber } from './options.js';
import { readPaperFigures } from './paper-figures.js';

/** The seed of the replica in `fixtures/replica`. */
const REPLICA_SEED = 17;

export function addReplica(program: Command): void {
  program
    .command('replica')
    .description("simulate the whole study in the authors' layout, calibrated to the paper")
    .argument('<folder>', 'where to write it; files of the same names are replaced')
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0), REPLICA_SEED)
    .action(writeReplica);
}

async function writeReplica(folder: string, { seed }: { seed: number }): Promise<void> {
  const files = replicaFiles({
    candidates: await readCandidates(fixturePath('contexts.json')),
    agents: await readAgents(fixturePath('agents.csv')),
    figures: await readPaperFigures(),
    seed,
  });
  await writeFiles(folder, files);
  process.stdout.write(`${files.size} files of simulated data written to ${folder}\n`);
}
