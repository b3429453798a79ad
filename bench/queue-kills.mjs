/**
 * How long fits wait when workers are killed: the longest time from the moment a fit is taken until its
 * result comes, with a kill in the middle and without, for some lengths of the lock. A worker is started
 * anew after each kill. Needs redis-server and a build.
 *
 *     node bench/queue-kills.mjs [FITS, default 20000] [KILLS, default 5] [LOCKS, default 1,5,20: seconds]
 */
import { bullmqRunner } from '../dist/node/node.js';
import { jobs, settings, startQueue } from './queue-parts.mjs';

const [fits = '20000', kills = '5', locks = '1,5,20'] = process.argv.slice(2);

/** Seconds that each of `count` fits took from its start to its result. */
async function measured(queue, count, killAfter) {
  const taken = [];
  const lasted = [];
  let last = performance.now();
  let pause = 0;
  let killed = null;
  const timed = function* () {
    for (const job of jobs(count)) {
      taken.push(performance.now());
      yield job;
    }
  };
  const kill = async () => {
    queue.children.shift().kill('SIGKILL');
    await queue.start();
  };
  const run = bullmqRunner({ connection: queue.address, onNotice: console.error });
  await run.stream(timed(), settings, {
    total: count,
    onFit: (_, index) => {
      const now = performance.now();
      pause = Math.max(pause, now - last);
      last = now;
      lasted[index] = (now - taken[index]) / 1000;
      if (index === killAfter) killed = kill();
    },
  });
  await killed;
  return { longest: Math.max(...lasted), pause: pause / 1000 };
}

console.log('lock s\tkill\tlongest fit s\tlongest time without a result s');
for (const lock of locks.split(',')) {
  for (let i = 0; i <= Number(kills); i++) {
    const queue = await startQueue(2, ['--lock-seconds', lock]);
    try {
      const at = i === 0 ? -1 : Math.floor((Number(fits) * i) / (Number(kills) + 1));
      const { longest, pause } = await measured(queue, Number(fits), at);
      console.log(
        [lock, i === 0 ? 'none' : `at ${at}`, longest.toFixed(1), pause.toFixed(1)].join('\t'),
      );
    } finally {
      await queue.stop();
    }
  }
}
