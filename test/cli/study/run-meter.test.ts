/** What a run says about its pace, its money and the time that is left, by a clock of the test. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cost } from '../../../src/cli/study/money.js';
import { lines } from '../../../src/cli/study/progress.js';
import { RunMeter } from '../../../src/cli/study/run-meter.js';
import type { StageEstimate } from '../../../src/harness/estimate-study.js';
import type { StageProgress } from '../../../src/harness/run-study.js';
import { printedBy } from '../../support/printed.js';
import { smallPlan } from '../../support/small-plan.js';

const { stages } = smallPlan();
const stage = (what: string) => {
  const found = stages.find(({ id }) => id === `a-model/${what}`);
  if (!found) throw new Error(`no stage ${what}`);
  return found;
};

function planned(what: string, requests: number, usd: number | null): StageEstimate {
  const { id, kind } = stage(what);
  const setAside = { requests, tokens: 0, usd: usd ?? 0 };
  return { stage: id, kind, requests, inputTokens: 1, outputTokens: 1, usd, setAside };
}

/** A run of 100 reports at 0.10 USD each, 40 of them on record before it. */
function run(estimate = [planned('reports-off-the-shelf', 60, 6)], isBatch = false) {
  const clock = { ms: 5000 };
  const spent = { usd: 4, isWhole: true } as { -readonly [Key in keyof Cost]: Cost[Key] };
  const meter = new RunMeter({
    estimate,
    total: 100,
    spent: () => ({ ...spent }),
    isBatch,
    now: () => clock.ms,
  });
  const note = (done: number, what = 'reports-off-the-shelf', total = 100) =>
    meter.note({ stage: stage(what), done, total, training: null });
  return { meter, clock, spent, note };
}

describe('the line of a run', () => {
  test('begins with what is on record, and no pace', () => {
    expect(run().meter.text()).toBe('40 of 100 answers, 4.00 of about 10.00 USD');
  });

  test('tells answers a second, money and the time that is left', () => {
    const { meter, clock, spent, note } = run();
    for (let i = 1; i <= 10; i++) {
      clock.ms += 2000;
      note(40 + i);
    }
    spent.usd = 5;
    expect(meter.text()).toBe(
      '50 of 100 answers, 30 a minute, 5.00 of about 10.00 USD, 100 s left',
    );
    note(100);
    spent.usd = 10;
    clock.ms += 1000;
    expect(meter.text()).toMatch(/^100 of 100 answers, .* a second, 10\.00 USD$/);
  });

  test('forgets the pace of more than half a minute ago', () => {
    const { meter, clock, note } = run();
    clock.ms += 2000;
    note(90);
    expect(meter.text()).toContain('25 a second');
    clock.ms += 60_000;
    note(91);
    clock.ms += 5000;
    note(96);
    expect(meter.text()).toContain(', 1.0 a second');
    clock.ms += 300_000;
    expect(meter.text()).toMatch(/^96 of 100 answers, 0\.0 a second, [^,]* USD$/);
  });

  test('corrects the estimate by what answers cost, once there are twenty', () => {
    const { meter, spent, note } = run();
    note(59);
    spent.usd = 4 + 19 * 0.3;
    expect(meter.text()).toContain('9.70 of about 13.80 USD');
    note(60);
    spent.usd = 4 + 20 * 0.3;
    expect(meter.text()).toContain('10.00 of about 22.00 USD');
  });

  test('counts a training until its model answers, and knows no time for it', () => {
    const { meter, clock, note } = run([
      planned('reports-off-the-shelf', 50, 5),
      planned('train-preferences', 0, 3),
      planned('reports-native', 10, 1),
    ]);
    clock.ms += 5000;
    note(90);
    expect(meter.text()).toContain(
      '80 of 100 answers, 8.0 a second, 4.00 of about 9.00 USD, 3 s and trainings left',
    );
    note(0, 'reports-native', 10);
    expect(meter.text()).toContain('of about 6.00 USD, 3 s left');
  });

  test('says of unknown prices that they are unknown, and never 0.00', () => {
    const known = planned('reports-off-the-shelf', 30, 3);
    const unknown = planned('reports-native', 30, null);
    const { meter, spent } = run([known, unknown]);
    Object.assign(spent, { usd: 0, isWhole: false });
    expect(meter.text()).toBe('40 of 100 answers, cost unknown');
    spent.usd = 2;
    expect(meter.text()).toBe('40 of 100 answers, at least 2.00 USD');
  });

  test('has no pace for a batch, whose answers arrive together', () => {
    const { meter, clock, spent, note } = run(undefined, true);
    clock.ms += 10_000;
    note(80);
    spent.usd = 6;
    expect(meter.text()).toBe('80 of 100 answers, 6.00 of about 7.00 USD');
  });

  test('of a steady run: the rate is that of the run, and the time left what remains by it', () => {
    const steady = fc.record({
      answers: fc.integer({ min: 1, max: 59 }),
      gap: fc.integer({ min: 1000, max: 20_000 }),
    });
    fc.assert(
      fc.property(steady, ({ answers, gap }) => {
        const { meter, clock, note } = run();
        for (let i = 1; i <= answers; i++) {
          clock.ms += gap;
          note(40 + i);
        }
        const [, rate = '', per, left = '', unit] =
          /, ([\d.]+) a (second|minute), .* USD, ([\d.]+) (s|min) left$/.exec(meter.text()) ?? [];
        const expected = (per === 'minute' ? 60_000 : 1000) / gap;
        expect(Math.abs(Number(rate) / expected - 1)).toBeLessThanOrEqual(0.06);
        const seconds = ((60 - answers) * gap) / 1000;
        if (unit === 's') expect(Math.abs(Number(left) - seconds)).toBeLessThanOrEqual(1);
        else expect(Math.abs(Number(left) - seconds / 60)).toBeLessThanOrEqual(0.5);
      }),
      { seed: 5, numRuns: 50 },
    );
  });
});

test('without a terminal, a run says how it comes on every half minute', async () => {
  const { meter, clock, spent } = run();
  const display = lines(() => clock.ms);
  const printed = await printedBy(process.stderr, () => {
    display.begin(meter);
    const update = (done: number) => {
      const progress: StageProgress = {
        stage: stage('reports-off-the-shelf'),
        done,
        total: 100,
        training: null,
      };
      display.update(progress);
    };
    for (let done = 41; done <= 100; done++) {
      clock.ms += 1000;
      spent.usd += 0.1;
      update(done);
    }
  });
  expect(printed.split('\n')).toEqual([
    'a-model/reports-off-the-shelf: 41 of 100 answers',
    '70 of 100 answers, 1.0 a second, 7.00 of about 10.00 USD, 30 s left',
    'a-model/reports-off-the-shelf: 100 answers, done',
    '100 of 100 answers, 1.0 a second, 10.00 USD',
    '',
  ]);
});
