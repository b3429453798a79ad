/** The described packs, killed at work and continued: the answers are those of an undisturbed run. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openRecord } from '../../src/harness/record/record.js';
import { randomStream } from '../../src/random/stream.js';
import { mixedFaults } from '../../src/simulation/server/faults.js';
import { powered } from '../support/deep.js';
import { type DescribedStudy, describedStudy } from '../support/described-study.js';
import { answersOnRecord, someAnswers, startRun, trainingJobs } from '../support/killed-run.js';
import { checkout, weighbridge } from './support.js';

const KILLS = powered(1, 3);
const CONCURRENCY = 4;
const fixtures = join(checkout, 'fixtures');

let studies: DescribedStudy[] = [];
afterEach(async () => {
  await Promise.all(studies.map((study) => study.close()));
  studies = [];
});

/** The parts of a pack's study.yaml that make it small. */
const smaller: Readonly<Record<string, (study: Yaml) => Yaml>> = {
  judge: (study) => ({
    ...study,
    models: study.models.slice(0, 2),
    // With a seed, a repeat has the same answer however often it is asked.
    tasks: { grade: { ...study.tasks.grade, repeats: 3, seed: 5 } },
  }),
  'native-weights': (study) => ({
    ...study,
    models: study.models.slice(0, 1),
    items: {
      choices: { ...study.items.choices, count: 4, per_context: 20 },
      reports: { ...study.items.reports, count: 4, per_context: 10 },
    },
  }),
  ablation: (study) => ({
    ...study,
    items: {
      ...study.items,
      choices: { ...study.items.choices, count: 2, per_context: 4 },
      reports: { ...study.items.reports, count: 2, per_context: 2 },
    },
  }),
};

interface Yaml extends Readonly<Record<string, unknown>> {
  readonly models: readonly object[];
  readonly items: Readonly<Record<string, object>>;
  readonly tasks: Readonly<Record<string, object>>;
}

async function begin(pack: string, server: object): Promise<DescribedStudy> {
  const text = await readFile(join(fixtures, 'packs', pack, 'study.yaml'), 'utf8');
  const { server: _, analysis: __, ...study } = parse(text);
  const shared = (name: string) => readFile(join(fixtures, name), 'utf8');
  const names: string[] = study.models.map(({ name }: { name: string }) => name);
  const made = await describedStudy({
    study: smaller[pack]?.(study) ?? study,
    from: join(fixtures, 'packs', pack),
    files: {
      'contexts.json': await shared('contexts.json'),
      'agents.csv': await shared('agents.csv'),
    },
    settings: { concurrency: CONCURRENCY, attempts: 30 },
    server: { models: names, ...server },
  });
  studies.push(made);
  return made;
}

/** The text of every answer, by stage and trial. */
function answersIn({ folder, design }: DescribedStudy): Record<string, string[]> {
  const record = openRecord(join(folder, 'record.sqlite'), 'read');
  try {
    return Object.fromEntries(
      design.stages.map(({ id }) => [
        id,
        Array.from(record.answers(id), ({ item, text }) => `${item} ${text}`).toSorted(),
      ]),
    );
  } finally {
    record.close();
  }
}

test.each(Object.keys(smaller))(
  `the pack %s, killed ${KILLS} times under faults, ends as an undisturbed one`,
  async (pack) => {
    const undisturbed = await begin(pack, {});
    const whole = await weighbridge(['study', 'run', undisturbed.folder]);
    expect(whole.code, whole.stderr).toBe(0);

    const killed = await begin(pack, { latencyMs: 5, faults: mixedFaults(0.1) });
    const random = randomStream(2026, 'kills', pack);
    for (let kill = 1; kill <= KILLS; kill++) {
      const { child, ended, stderr } = startRun(killed.folder);
      const share = (kill - 1 + random.uniform()) / (KILLS + 1);
      await someAnswers(killed.server, Math.floor(share * killed.answers));
      expect(child.exitCode, stderr()).toBeNull();
      child.kill('SIGKILL');
      await ended;
    }
    expect(answersOnRecord(killed.folder)).toBeLessThan(killed.answers);
    const last = await weighbridge(['study', 'run', killed.folder]);
    expect(last.code, last.stderr).toBe(0);

    expect(answersOnRecord(killed.folder)).toBe(killed.answers);
    expect(answersIn(killed)).toEqual(answersIn(undisturbed));
    expect(await trainingJobs(killed.server)).toBe(await trainingJobs(undisturbed.server));
    // What was paid for twice was on its way when a kill came. Stages may ask the same question.
    const extra = killed.server.stats().paidAnswers - undisturbed.server.stats().paidAnswers;
    expect(extra).toBeLessThanOrEqual(KILLS * CONCURRENCY);
  },
);
