/** `weighbridge worker`, `--on` and `weighbridge jobs`, as they are typed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorLines, weighbridgeAlone } from '../e2e/support.js';
import { type WorkerProcesses, workerProcesses } from '../support/queue-workers.js';
import { hasRedis, type RedisServer, startRedis } from '../support/redis-server.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function withoutSeconds(json = ''): unknown {
  return { ...JSON.parse(json), seconds: null };
}

describe.skipIf(!hasRedis)('commands on a queue (need redis-server)', () => {
  let redis: RedisServer;
  let workers: WorkerProcesses;
  let place: Awaited<ReturnType<typeof temporaryFolder>>;
  let fit: readonly string[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    workers = workerProcesses(redis.url, 5);
    await workers.start();
    place = await temporaryFolder();
    const file = join(place.folder, 'data.csv');
    const rows = Array.from({ length: 20 }, (_, i) => `${i},${2 * i + ((i * 7) % 5)}`);
    await writeFile(file, ['x,y', ...rows].join('\n'));
    fit = ['fit', file, 'y ~ x', '--warmup', '100', '--draws', '60'];
  });
  afterAll(async () => {
    await workers.stop();
    await redis.stop();
    await place.remove();
  });

  test('fit as on one machine, and tell of the run until it is removed', async () => {
    const queue = ['--queue', redis.url];
    const here = await weighbridgeAlone([...fit, '--workers', '1']);
    const there = await weighbridgeAlone([...fit, '--on', redis.url]);
    expect(there).toMatchObject({ code: 0, stdout: here.stdout });
    expect(there.stderr).toMatch(/: 1 fits, \d+\.\d s$/m);
    const list = await weighbridgeAlone(['jobs', 'list', ...queue]);
    expect(list.stdout).toMatch(/fit-[0-9a-f]{8} .* done .* 1\/1 /);
    expect(list.stdout).toMatch(/^1 workers with 1 threads are alive$/m);
    const [name = ''] = /fit-[0-9a-f]{8}/.exec(list.stdout) ?? [];
    const again = await weighbridgeAlone([...fit, '--on', redis.url, '--resume', name]);
    expect(again).toMatchObject({ code: 0, stdout: here.stdout });
    expect(again.stderr).toMatch(/^1 fits were done before$/m);
    const other = await weighbridgeAlone([
      ...[...fit, '--seed', '3'],
      ...['--on', redis.url, '--resume', name],
    ]);
    expect(errorLines(other)).toEqual([
      expect.stringMatching(
        /^error: --resume fit-[0-9a-f]{8} is another command: weighbridge fit /,
      ),
    ]);
    const shown = await weighbridgeAlone(['jobs', 'show', name, ...queue]);
    expect(shown.stdout).toContain(`${name}: done, 1/1 fits`);
    expect(await weighbridgeAlone(['jobs', 'remove', name, ...queue])).toMatchObject({ code: 0 });
    const gone = await weighbridgeAlone([...fit, '--on', redis.url, '--resume', name]);
    expect(gone.code).toBe(2);
    expect(errorLines(gone)).toEqual([
      `error: the queue has no run named '${name}': weighbridge jobs list names them`,
    ]);
  });

  test('share shards of one command, each as a run of its own', async () => {
    const words = [
      ...['calibrate', fit[1] ?? '', 'y ~ x', '--prior', 'normal(0,1) class=b'],
      ...['--prior', 'normal(0,1) class=Intercept', '--prior', 'exponential(1) class=sigma'],
      ...['--simulations', '20', '--warmup', '200', '--draws', '200', '--quiet'],
    ];
    const shards = [1, 2].map((number) => join(place.folder, `shard ${number}`));
    const made = shards.map((folder, i) =>
      weighbridgeAlone([...words, '--on', redis.url, '--shard', `${i + 1}/2`, '--out', folder]),
    );
    for (const outcome of await Promise.all(made)) {
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
    }
    const list = await weighbridgeAlone(['jobs', 'list', '--queue', redis.url]);
    for (const number of [1, 2]) {
      expect(list.stdout).toMatch(new RegExp(`calibrate-[0-9a-f]{8}-${number}of2 .* done `));
    }
    const file = join(place.folder, 'calibration.json');
    const merged = await weighbridgeAlone(['merge', file, ...shards]);
    const whole = await weighbridgeAlone([...words, '--workers', '1', '--json', `${file}.whole`]);
    expect(merged).toEqual({ ...whole, stderr: merged.stderr });
    const [one, other] = await Promise.all(
      [file, `${file}.whole`].map((at) => readFile(at, 'utf8')),
    );
    expect(withoutSeconds(one)).toEqual(withoutSeconds(other));
  });

  test.each<[readonly string[], string]>([
    [['--resume', 'x'], 'error: --resume: expected together with --on'],
    [['--queue-prefix', 'x'], 'error: --queue-prefix: expected together with --on'],
    [['--data-folder', 'x'], 'error: --data-folder: expected together with --on'],
    [
      ['--on', 'redis://127.0.0.1:1/0', '--data-folder', '/nowhere/at-all'],
      'error: the data folder /nowhere/at-all is not there: expected a folder that all machines of the queue see',
    ],
    [
      ['--on', 'localhost'],
      'error: the address of the queue cannot be read, expected redis://host:6379/0',
    ],
  ])('refuse %j in one line', async (words, message) => {
    const outcome = await weighbridgeAlone([...fit, ...words]);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([message]);
  });

  test('end a worker on request, with Redis and without', async () => {
    await workers.start();
    expect(await workers.endFirst()).toBe(0);
    await redis.kill();
    expect(await workers.endFirst()).toBe(0);
  });
});
