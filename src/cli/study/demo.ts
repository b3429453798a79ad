/**
 * `weighbridge study demo`: the packs that ship from start to end without key or network: a simulated
 * model server on loopback, training, collection, fits, and what is true in the simulator.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import pc from 'picocolors';
import { badArgument } from '../../checks/values.js';
import { createStudy, paperPack, shippedPacks } from '../../harness/create-study.js';
import type { ConfigurationInput } from '../../packs/configuration/configuration.js';
import { paperProfiles } from '../../simulation/server/profile.js';
import { trueFigures } from '../../simulation/server/true-correlations.js';
import { requireResultFolder } from '../analysis.js';
import { addFlags, type FlagValues, optionalFlag, wholeNumber } from '../flags.js';
import { requireWritable, STANDARD_OUTPUT } from '../output.js';
import { noShards } from '../shards.js';
import { analyseFlags, analyseStudy } from './analyse.js';
import { runPackDemo } from './demo-pack.js';
import { startDemoServer } from './demo-server.js';
import { type Checked, truthTable } from './demo-truth.js';
import { collectStudy } from './run.js';

/** Contexts of the paper's demo, alone and among all packs. */
const ALL_CONTEXTS = 100;
const FEW_CONTEXTS = 24;

const demoFlags = {
  pack: optionalFlag(
    '--pack <name>',
    'only this pack (default: all packs; the paper’s with --json, --out or --weights)',
  ),
  contexts: optionalFlag(
    '--contexts <n>',
    `of the paper's pack: number of instilled and of native contexts (default: ${ALL_CONTEXTS} with --pack, as in the paper, else ${FEW_CONTEXTS})`,
    wholeNumber(20, 106),
  ),
  keep: optionalFlag('--keep <folder>', 'keep the study in this folder'),
  ...analyseFlags,
  shard: noShards(
    'the demo collects answers and has no shards; keep its study (--keep) and share `study analyse`',
  ),
};

type DemoFlags = FlagValues<typeof demoFlags>;

export function addDemo(study: Command): void {
  const command = study
    .command('demo')
    .description(
      'the packs that ship, on a simulated model server: no key, no network, no language model',
    );
  addFlags(command, demoFlags).action(runDemo);
}

async function runDemo(given: DemoFlags): Promise<void> {
  const flags = { ...given, pack: given.pack ?? packOfFiles(given) };
  await requireWritable(flags.json);
  await requireResultFolder(flags);
  const packs = shippedPacks().map(({ name }) => name);
  if (flags.pack !== undefined && !packs.includes(flags.pack)) {
    throw badArgument(`there is no pack '${flags.pack}': expected one of ${packs.join(', ')}`);
  }
  const root = flags.keep ?? (await mkdtemp(join(tmpdir(), 'weighbridge-demo-')));
  const say = (line: string) => {
    if (!flags.quiet) process.stderr.write(`${pc.bold(line)}\n`);
  };
  try {
    for (const pack of flags.pack === undefined ? packs : [flags.pack]) {
      const folder = flags.pack === undefined ? join(root, pack) : root;
      const isPaper = pack === paperPack;
      const checked = isPaper
        ? await runPaperDemo(folder, flags, say)
        : await runPackDemo(pack, folder, { flags, say });
      // Standard output belongs to the JSON.
      const output = flags.json === STANDARD_OUTPUT ? process.stderr : process.stdout;
      if (checked.length > 0) output.write(`${truthTable(checked)}\n`);
      if (flags.keep) output.write(`the study is in ${folder}\n`);
    }
  } finally {
    if (!flags.keep) await rm(root, { recursive: true, force: true });
  }
}

/** Files of results are of one study: the paper's, if no pack is named. */
function packOfFiles({ json, out, weights }: DemoFlags): string | undefined {
  const isGiven = [json, out, weights].some((path) => path !== undefined);
  return isGiven ? paperPack : undefined;
}

async function runPaperDemo(
  folder: string,
  flags: DemoFlags,
  say: (line: string) => void,
): Promise<Checked[]> {
  const server = await startDemoServer();
  const own = join(await mkdtemp(join(tmpdir(), 'weighbridge-demo-json-')), 'demo.json');
  const contexts = flags.contexts ?? (flags.pack === undefined ? FEW_CONTEXTS : ALL_CONTEXTS);
  try {
    say(`${paperPack}: simulated model server at ${server.url}`);
    await createStudy(folder, demoConfiguration(server.url, { ...flags, contexts }));
    await collectStudy(folder, { retryFailed: false, quiet: flags.quiet });
    say('fitting');
    await analyseStudy(folder, { ...flags, json: flags.json ?? own });
    const json = flags.json ?? own;
    return json === STANDARD_OUTPUT ? [] : paperChecks(await readFile(json, 'utf8'));
  } finally {
    server.stop();
    await rm(dirname(own), { recursive: true, force: true });
  }
}

/** As `study analyse --json` writes them. */
type Correlations = Readonly<Record<string, { estimate: number; hdi: [number, number] }>>;

/** Large enough for an error of 0.015, in a few seconds. */
const population = { contexts: 800 };

/** The correlations of the paper, beside those of an infinitely large study of the same models. */
function paperChecks(text: string): Checked[] {
  const { correlations }: { correlations: Correlations } = JSON.parse(text);
  return Object.entries(paperProfiles).flatMap(([model, profile]) =>
    Object.entries(trueFigures(profile, {}, population).correlations).flatMap(([name, truth]) => {
      const found = correlations[`${model}/${name}`];
      if (!found) return [];
      const [lower, upper] = found.hdi;
      return [{ what: `${model}, ${name}`, truth, estimate: found.estimate, lower, upper }];
    }),
  );
}

type DemoSize = Pick<DemoFlags, 'weighChoices'> & { readonly contexts: number };

/** The settings of the paper's study, for a server without limits. */
function demoConfiguration(url: string, { contexts, weighChoices }: DemoSize): ConfigurationInput {
  return {
    study: 'demo',
    server: {
      baseUrl: url,
      keyVariable: null,
      logprobs: weighChoices === 'by-probability',
      concurrency: 64,
      requestsPerMinute: null,
      tokensPerMinute: null,
      pollSeconds: 0.1,
    },
    models: [
      { name: 'gpt-4o-2024-08-06' },
      { name: 'gpt-4o-mini-2024-07-18', fineTuning: { learningRateMultiplier: 1.8 } },
    ],
    contexts: { instilled: contexts, native: contexts },
  };
}
