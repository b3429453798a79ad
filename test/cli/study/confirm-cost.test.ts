/** Confirming the cost of a run, on a terminal and without one. */
import { describe, expect, test } from 'vitest';
import { type CostFlags, requireCostConfirmed } from '../../../src/cli/study/confirm-cost.js';
import { estimateTable, spentLine } from '../../../src/cli/study/tables.js';
import { Spending } from '../../../src/harness/client/spending.js';
import { estimateStudy } from '../../../src/harness/estimate-study.js';
import { smallPlan } from '../../support/small-plan.js';

interface Case {
  readonly edit?: (text: string) => string;
  readonly flags?: Partial<CostFlags>;
  /** Null: no terminal. */
  readonly answer?: boolean | null;
  readonly spentUsd?: number;
}

/** The small study costs some 1.5 USD, or a thousand times as much. */
const dear = (text: string) =>
  text.replace(/: (\d+)(?=[,}])/g, (same, price, at) =>
    text.slice(0, at).includes('contexts') ? same : `: ${1000 * Number(price)}`,
  );
const unpriced = (text: string) => text.replace(/ {4}prices.*\n/, '');
const local = (text: string) => `${text}\nserver: {base_url: 'http://127.0.0.1:8000/v1'}`;
const budget = (text: string) => `${dear(text)}\nbudget: {usd: 8}`;

async function confirm({ edit, flags = {}, answer = null, spentUsd = 0 }: Case) {
  const { configuration, ...plan } = smallPlan(edit);
  const estimate = estimateStudy({ ...plan, configuration, record: null });
  const asked: string[] = [];
  const said: string[] = [];
  const spending = new Spending(configuration.budget, { requests: 1, tokens: 1, usd: spentUsd });
  const outcome = requireCostConfirmed({ configuration, spending }, estimate, flags, {
    ask:
      answer === null
        ? null
        : async (question) => {
            asked.push(question);
            return answer;
          },
    note: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  const refusal = await outcome.then(
    () => null,
    ({ code, message }) => `${code}: ${message}`,
  );
  return { asked, said: said.join('\n'), refusal };
}

describe('a run is confirmed', () => {
  test.each<[string, Case]>([
    ['that is cheap', { answer: false }],
    ['that is cheap, without a terminal', { flags: { confirmAbove: 10 } }],
    ['that is dear, without a terminal and without a sum', { edit: dear }],
    ['that is dear, with --yes', { edit: dear, answer: false, flags: { yes: true } }],
    [
      'that is dear, with --yes and no terminal',
      { edit: dear, flags: { yes: true, confirmAbove: 1 } },
    ],
    ['below a higher sum', { edit: dear, answer: false, flags: { confirmAbove: 1e6 } }],
    ['whose budget is below the sum', { edit: budget, answer: false }],
    ['without prices on this machine', { edit: (text) => local(unpriced(text)), answer: false }],
    ['without prices or a terminal', { edit: unpriced }],
  ])('without a question: %s', async (_, given) => {
    expect(await confirm(given)).toMatchObject({ asked: [], refusal: null });
  });

  test.each<[string, Case, RegExp]>([
    [
      'that is dear',
      { edit: dear },
      /^the run is estimated at \d{4}\.\d\d USD, more than 10\.00\. Run it/,
    ],
    [
      'above a lower sum',
      { flags: { confirmAbove: 0 } },
      /estimated at \d\.\d\d USD, more than 0\.00/,
    ],
    [
      'without prices',
      { edit: unpriced },
      /^the cost of the run is unknown, .* no prices of a-model/,
    ],
    ['whose budget is above the sum', { edit: budget, flags: { confirmAbove: 7 } }, /at 8\.00 USD/],
  ])('by a question: %s', async (_, given, question) => {
    const agreed = await confirm({ ...given, answer: true });
    expect(agreed.asked).toEqual([expect.stringMatching(question)]);
    expect(agreed.refusal).toBeNull();
    const declined = await confirm({ ...given, answer: false });
    expect(declined.refusal).toMatch(/^budget: .*: not confirmed, and nothing was sent$/);
  });

  test('by what is left of the budget', async () => {
    const given = { edit: budget, flags: { confirmAbove: 5 }, answer: true };
    expect((await confirm({ ...given, spentUsd: 2.5 })).asked).toHaveLength(1);
    expect((await confirm({ ...given, spentUsd: 3.5 })).asked).toHaveLength(0);
  });

  test.each<[string, Case, RegExp]>([
    [
      'that is dear',
      { edit: dear, flags: { confirmAbove: 10 } },
      /more than 10\.00, and there is no terminal .* --yes/,
    ],
    ['without prices', { edit: unpriced, flags: { confirmAbove: 10 } }, /is unknown, .* add --yes/],
  ])('is refused without a terminal if a sum was given: %s', async (_, given, message) => {
    expect((await confirm(given)).refusal).toMatch(message);
  });

  test('after a line that says the sum', async () => {
    expect((await confirm({ edit: dear })).said).toMatch(
      /^estimated: [\d,]+ requests, [\d,]+ tokens, \d{4}\.\d\d USD$/,
    );
    expect((await confirm({ edit: unpriced })).said).toMatch(/tokens, cost unknown$/);
  });
});

test('what has no price is unknown in the plan and in what was spent, never 0.00', () => {
  const { configuration, ...plan } = smallPlan(unpriced);
  const estimate = estimateStudy({ ...plan, configuration, record: null });
  const spent = { requests: 3, tokens: 900, usd: 0 };
  for (const text of [estimateTable(estimate, configuration), spentLine(spent, configuration)]) {
    expect(text).toContain('unknown');
    expect(text).not.toContain('0.00');
  }
  expect(spentLine({ ...spent, requests: 0, tokens: 0 }, configuration)).toMatch(/ 0\.00 USD$/);
});
