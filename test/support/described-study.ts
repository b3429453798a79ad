/** A described study in a temporary folder, on a simulated server in this process that knows it. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readConfiguration } from '../../src/packs/configuration/read-configuration.js';
import { readDesign } from '../../src/packs/read-design.js';
import {
  type SimulatedServerOptions,
  startSimulatedServer,
} from '../../src/simulation/server/server.js';

export interface DescribedStudyOptions {
  /** `study.yaml` without its server. */
  readonly study: Readonly<Record<string, unknown>>;
  /** File contents by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** A folder whose files are copied first. */
  readonly from?: string;
  readonly server?: SimulatedServerOptions;
  /** Settings under `server` in `study.yaml`. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export type DescribedStudy = Awaited<ReturnType<typeof describedStudy>>;

export async function describedStudy({
  study,
  files = {},
  from,
  server: options = {},
  settings = {},
}: DescribedStudyOptions) {
  const root = await mkdtemp(join(tmpdir(), 'weighbridge-described-'));
  const folder = join(root, 'study');
  await mkdir(folder);
  if (from !== undefined) await cp(from, folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const write = (url: string) =>
    writeFile(
      join(folder, 'study.yaml'),
      stringify({
        study: 'test',
        ...study,
        server: {
          base_url: url,
          key_variable: null,
          requests_per_minute: null,
          tokens_per_minute: null,
          poll_seconds: 0.05,
          ...settings,
        },
      }),
    );
  // The server knows the study, and the study the server's address.
  await write('http://127.0.0.1/v1');
  const design = await readDesign(await readConfiguration(folder), folder);
  if (design.kind !== 'described') throw new Error('expected a described study');
  const server = await startSimulatedServer({ jobSeconds: 0.05, studies: [design], ...options });
  await write(server.url);
  return {
    server,
    root,
    folder,
    design,
    /** All answers of the study. */
    answers: design.stages.reduce(
      (sum, stage) => sum + (stage.kind === 'training' ? 0 : stage.trials.length),
      0,
    ),
    close: async () => {
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
