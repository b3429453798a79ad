/** `weighbridge replica`: writes the simulated study, byte for byte as shipped. */
import type { Command } from 'commander';
import { readAgents, readCandidates } from '../authors-files/read-candidates.js';
import { makeFolder, writeFiles } from '../data-files/write-files.js';
import { fixturePath } from '../package-info.js';
import { replicaFiles } from '../simulation/replica.js';
import { addFlags, flag, wholeNumber } from './flags.js';
import { readPaperFigures } from './paper-figures.js';

/** The seed of the replica in `fixtures/replica`. */
const REPLICA_SEED = 17;

const replicaFlags = {
  seed: flag('--seed <n>', 'seed of all random numbers', wholeNumber(0), REPLICA_SEED),
};

export function addReplica(program: Command): void {
  const command = program
    .command('replica')
    .description("simulate the whole study in the authors' layout, calibrated to the paper")
    .argument('<folder>', 'where to write it; files of the same names are replaced');
  addFlags(command, replicaFlags).action(writeReplica);
}

async function writeReplica(folder: string, { seed }: { seed: number }): Promise<void> {
  // Before the simulation, which takes ten seconds.
  await makeFolder(folder);
  const files = replicaFiles({
    candidates: await readCandidates(fixturePath('contexts.json')),
    agents: await readAgents(fixturePath('agents.csv')),
    figures: await readPaperFigures(),
    seed,
  });
  await writeFiles(folder, files);
  process.stdout.write(`${files.size} files of simulated data written to ${folder}\n`);
}
