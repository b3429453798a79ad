/**
 * The weight regressions of one model, fitted here and by Stan, one after the other on one core:
 * effective draws a second, the least over the parameters of each fit. Needs R with rstan, posterior
 * and jsonlite for the peer; says so and times ours alone where they are missing.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bench, describe } from 'vitest';
import {
  type ContextChoices,
  defaultSettings,
  groupByContext,
  runHere,
  weightJob,
} from 'weighbridge';
import { readStudy } from 'weighbridge/node';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const published = here('../../../shared/published');
const folder = existsSync(published) ? published : here('../../fixtures/replica');
const CONTEXTS = Number(process.env.WEIGHBRIDGE_PEER_CONTEXTS ?? 20);
/** Ours are quick: rounds enough for a steady time. */
const ROUNDS = 5;

interface Peer {
  readonly fits: number;
  readonly secondsPerFit: number;
  readonly minEssBulk: number;
  readonly minEssTail: number;
}

async function contexts(): Promise<ContextChoices[]> {
  const study = await readStudy(folder);
  const [model] = study.models;
  if (!model) throw new Error(`${folder} holds no model`);
  return groupByContext(model.instilledChoices, study.contexts).slice(0, CONTEXTS);
}

async function ours(groups: readonly ContextChoices[]): Promise<Peer> {
  const jobs = groups.map((group) => weightJob(group.context.name, group));
  await runHere(jobs.slice(0, 3), defaultSettings);
  const before = process.cpuUsage();
  let results = await runHere(jobs, defaultSettings);
  for (let round = 1; round < ROUNDS; round++) results = await runHere(jobs, defaultSettings);
  const { user, system } = process.cpuUsage(before);
  const mean = (of: 'minEssBulk' | 'minEssTail') =>
    results.reduce((sum, { diagnostics }) => sum + diagnostics[of], 0) / results.length;
  return {
    fits: results.length,
    secondsPerFit: (user + system) / 1e6 / (ROUNDS * results.length),
    minEssBulk: mean('minEssBulk'),
    minEssTail: mean('minEssTail'),
  };
}

/** Null where R or a package of it is missing. */
function stan(groups: readonly ContextChoices[]): Peer | null {
  try {
    execFileSync('Rscript', ['-e', 'library(rstan); library(posterior); library(jsonlite)'], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'weighbridge-peer-'));
  try {
    const file = join(scratch, 'choices.csv');
    writeFileSync(file, csvOf(groups));
    const output = execFileSync('Rscript', [here('stan.R'), file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(output.slice(output.lastIndexOf('{')));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The very rows that ours are fitted to. */
function csvOf(groups: readonly ContextChoices[]): string {
  const rows = groups.flatMap((group) => {
    const { specification } = weightJob(group.context.name, group);
    if (specification.family !== 'bernoulli') throw new Error('a weight regression is logistic');
    const { values, names } = specification.predictors;
    return group.choices.map(({ choseA }, row) => {
      const differences = values.slice(row * names.length, (row + 1) * names.length);
      return [group.context.name, choseA ? 1 : 0, ...differences].join(',');
    });
  });
  const width = groups[0]?.context.attributes.length ?? 0;
  const header = ['context', 'y', ...Array.from({ length: width }, (_, i) => `d${i + 1}`)];
  return `${[header.join(','), ...rows].join('\n')}\n`;
}

function show(name: string, { fits, secondsPerFit, minEssBulk, minEssTail }: Peer): string {
  const perSecond = (ess: number) => (ess / secondsPerFit).toFixed(0);
  return `${name}: ${fits} fits, ${(1000 * secondsPerFit).toFixed(2)} ms a fit; least ESS ${minEssBulk.toFixed(0)} bulk, ${minEssTail.toFixed(0)} tail; a second ${perSecond(minEssBulk)} bulk, ${perSecond(minEssTail)} tail`;
}

describe('weight regressions, against Stan', () => {
  bench(
    `${CONTEXTS} contexts`,
    async () => {
      const groups = await contexts();
      const mine = await ours(groups);
      const lines = [`data: ${folder}`, show('weighbridge', mine)];
      const peer = stan(groups);
      if (peer) {
        const ratio = (ess: 'minEssBulk' | 'minEssTail') =>
          (mine[ess] / mine.secondsPerFit / (peer[ess] / peer.secondsPerFit)).toFixed(1);
        lines.push(show('Stan', peer));
        lines.push(`ratio: ${ratio('minEssBulk')} bulk, ${ratio('minEssTail')} tail`);
      } else {
        lines.push('Stan: not here (R with rstan, posterior and jsonlite is needed)');
      }
      process.stdout.write(`${lines.join('\n')}\n`);
    },
    { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 },
  );
});
