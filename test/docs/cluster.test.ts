/** docs/cluster.md: its jobs call the command as it is, with the shards that they are for. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseShard } from '../../src/distribution/shards.js';
import { inProcess } from '../e2e/in-process.js';
import { checkout } from '../e2e/support.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = readFileSync(join(checkout, 'docs/cluster.md'), 'utf8');
const fenced = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, text = '']) => text,
  );
const { folder, remove } = await temporaryFolder();
afterAll(remove);

/** Runs a script with a `weighbridge` that writes its words to a file. */
async function wordsOf(script: string, variables: Readonly<Record<string, string>>) {
  const bin = join(folder, 'bin');
  const words = join(folder, 'words');
  await mkdir(bin, { recursive: true });
  for (const name of ['weighbridge', 'npx']) {
    await writeFile(join(bin, name), `#!/bin/bash\nprintf '%s\\n' "$@" > '${words}'\n`);
    await chmod(join(bin, name), 0o755);
  }
  const env = { ...process.env, ...variables, PATH: `${bin}:${process.env.PATH}` };
  await promisify(execFile)('bash', ['-c', script], { env, cwd: folder });
  return (await readFile(words, 'utf8')).trimEnd().split('\n');
}

const shardIn = (words: readonly string[]) => words[words.indexOf('--shard') + 1] ?? '';

it('the array job of Slurm makes the shard of its task, also of a few tasks that run again', async () => {
  const [job = '', merge = ''] = fenced('bash');
  const variables = {
    SLURM_ARRAY_TASK_ID: '7',
    SLURM_ARRAY_TASK_MAX: '7',
    SLURM_CPUS_PER_TASK: '2',
  };
  const words = await wordsOf(job, variables);
  expect(parseShard(shardIn(words))).toEqual({ number: 7, of: 64 });
  expect(words.slice(words.indexOf('--out'), words.indexOf('--out') + 2)).toEqual([
    '--out',
    'shards/7',
  ]);
  const merged = await wordsOf(merge, {});
  expect(merged.slice(0, 3)).toEqual(['merge', 'result', 'shards/1']);
  expect(merged).toHaveLength(66);
});

it('the pods of Kubernetes count from 0, and shards from 1', async () => {
  const [text = ''] = fenced('yaml');
  const container = z.object({ command: z.array(z.string()), args: z.array(z.string()) });
  const job = z
    .object({
      spec: z.object({
        completions: z.number(),
        completionMode: z.literal('Indexed'),
        template: z.object({ spec: z.object({ containers: z.tuple([container]) }) }),
      }),
    })
    .parse(parse(text));
  const [{ command, args }] = job.spec.template.spec.containers;
  expect(command).toEqual(['bash', '-c']);
  const words = await wordsOf(args[0] ?? '', { JOB_COMPLETION_INDEX: '63' });
  expect(parseShard(shardIn(words))).toEqual({ number: 64, of: job.spec.completions });
});

it('every flag of the page is one of `reproduce`', async () => {
  const { stdout } = await inProcess(['reproduce', '--help']);
  for (const flag of ['--data', '--shard', '--out', '--workers', '--quiet']) {
    expect(page).toContain(flag);
    expect(stdout).toContain(flag);
  }
});
