/** Costs of single requests, at given prices and of a whole study. */
import { describe, expect, it } from 'vitest';
import { readAgents, readCandidates } from '../../src/authors-files/read-candidates.js';
import { estimateStudy } from '../../src/harness/estimate-study.js';
import { requestCosts, studyRequestCosts } from '../../src/harness/request-costs.js';
import { fixturePath } from '../../src/package-info.js';
import { assignAgents } from '../../src/study/stimuli.js';
import { smallPlan } from '../support/small-plan.js';

describe('the cost of a request', () => {
  it('is that of its tokens', async () => {
    const contexts = assignAgents(
      await readCandidates(fixturePath('contexts.json')),
      await readAgents(fixturePath('agents.csv')),
    );
    const input = requestCosts({ input: 1, output: 0 }, contexts);
    const output = requestCosts({ input: 0, output: 1 }, contexts);
    const both = requestCosts({ input: 2, output: 8 }, contexts);
    // A letter, and eight tokens for each of five weights.
    expect(output).toEqual({ choice: expect.closeTo(1e-6, 12), report: expect.closeTo(4e-5, 12) });
    expect(both.choice).toBeCloseTo(2 * input.choice + 8 * output.choice, 12);
    expect(both.report).toBeCloseTo(2 * input.report + 8 * output.report, 12);
    // Prompts of the paper have between 100 and 400 tokens; those of reports are longer.
    expect(input.choice).toBeGreaterThan(1e-4);
    expect(input.report).toBeGreaterThan(input.choice);
    expect(input.report).toBeLessThan(6e-4);
  });

  it('is the mean over the requests of a study, batches included', () => {
    const plan = { ...smallPlan(), folder: 'a study' };
    const costs = studyRequestCosts(plan);
    const stages = estimateStudy({ ...plan, record: null });
    const sum = (kind: string, of: 'usd' | 'requests') =>
      stages.reduce((total, stage) => total + (stage.kind === kind ? (stage[of] ?? 0) : 0), 0);
    expect(costs.choice).toBeCloseTo(sum('choices', 'usd') / sum('choices', 'requests'), 12);
    expect(costs.report).toBeCloseTo(sum('reports', 'usd') / sum('reports', 'requests'), 12);
    const batch = smallPlan((text) => `${text}\nserver: {mode: batch}`);
    const half = studyRequestCosts({ ...batch, folder: 'a study' });
    expect(half.choice).toBeCloseTo(costs.choice / 2, 12);
  });

  it('needs prices', () => {
    const unpriced = smallPlan((text) => text.replace(/ {4}prices.*\n/, ''));
    expect(() => studyRequestCosts({ ...unpriced, folder: 'a study' })).toThrow(
      /a study: a model has no prices in study.yaml/,
    );
  });
});
