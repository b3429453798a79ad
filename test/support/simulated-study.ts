/**
 * A study in a temporary folder that asks a simulated server in this process, so that a test can
 * look at what the server saw.
 */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { SimulatedServerOptions } from '../../src/simulation/server/server.js';
import { startSimulatedServer } from '../../src/simulation/server/server.js';

const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));

export interface SimulatedStudyOptions {
  readonly server?: SimulatedServerOptions;
  readonly models?: readonly object[];
  /** Over the defaults of a test: no key, no limits, quick polling. */
  readonly configuration?: Readonly<Record<string, object>>;
}

export type SimulatedStudy = Awaited<ReturnType<typeof simulatedStudy>>;

export async function simulatedStudy({
  server: serverOptions = {},
  models = [{ name: 'gpt-4o-2024-08-06' }],
  configuration = {},
}: SimulatedStudyOptions = {}) {
  const server = await startSimulatedServer({ jobSeconds: 0.05, ...serverOptions });
  const root = await mkdtemp(join(tmpdir(), 'weighbridge-study-'));
  const folder = join(root, 'study');
  await cp(join(fixtures, 'contexts.json'), join(folder, 'contexts.json'));
  await cp(join(fixtures, 'agents.csv'), join(folder, 'agents.csv'));
  const settings: Record<string, unknown> = {
    study: 'test',
    server: {
      base_url: server.url,
      key_variable: null,
      requests_per_minute: null,
      tokens_per_minute: null,
      poll_seconds: 0.05,
      ...configuration.server,
    },
    models,
    contexts: { instilled: 20, native: 4, ...configuration.contexts },
    counts: {
      training_examples: 10,
      validation_examples: 2,
      instilled_choices: 6,
      native_choices: 12,
      reports: 2,
      ...configuration.counts,
    },
    ...(configuration.budget ? { budget: configuration.budget } : {}),
  };
  await writeFile(join(folder, 'study.yaml'), stringify(settings));
  return {
    server,
    root,
    folder,
    /** All answers of the study, by its counts. */
    answers: models.length * answersPerModel(settings.contexts as Sizes, settings.counts as Counts),
    rewrite: async (change: (text: string) => string) => {
      const path = join(folder, 'study.yaml');
      await writeFile(path, change(await readFile(path, 'utf8')));
    },
    close: async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

interface Sizes {
  readonly instilled: number;
  readonly native: number;
}

interface Counts {
  readonly instilled_choices: number;
  readonly native_choices: number;
  readonly reports: number;
}

/** Reports: three kinds on all instilled contexts (two halves make one), two on native ones. */
function answersPerModel({ instilled, native }: Sizes, counts: Counts): number {
  return (
    instilled * (counts.instilled_choices + 3 * counts.reports) +
    native * (counts.native_choices + 2 * counts.reports)
  );
}

/** File contents by name. */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted();
  const entries = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]);
  return Object.fromEntries(await Promise.all(entries));
}
