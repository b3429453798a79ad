/** Assumptions from a pilot: simulated studies with known ones, and Stan's joint model on the published data. */
import { describe, expect, it } from 'vitest';
import { readStudy } from '../../src/authors-files/read-study.js';
import { assumptionsFromPilot, type StudyPilot } from '../../src/planning/pilot.js';
import {
  nestedStudies,
  paperAssumptions,
  type StudyAssumptions,
} from '../../src/planning/simulate-study.js';
import type { Choice, Context, WeightReport } from '../../src/study/context.js';
import { hasPublished, publishedFolder, skipReason } from '../reference/shared.js';

const design = { contexts: 80, choices: 40, reports: 6, models: 1, attributes: 4 };

/** A simulated study as data of a pilot: ranges of one, the options' difference in option A. */
function pilotOf(assumptions: StudyAssumptions, seed: number): StudyPilot {
  const simulation = { assumptions, compared: 'reports', seed, index: 0 } as const;
  const { sides } = nestedStudies(simulation, design)(design);
  const contexts = new Map<string, Context>();
  const choices: Choice[] = [];
  const reports: WeightReport[][] = sides.map(() => []);
  sides.forEach(([model = []], side) => {
    model.forEach((one, c) => {
      const context = `context ${c}`;
      const attributes = Array.from({ length: 4 }, (_, j) => ({ name: `${j}`, min: 0, max: 1 }));
      contexts.set(context, { name: context, question: '', attributes });
      const { predictors, outcomes } = one.choices;
      if (side === 0) {
        outcomes.forEach((outcome, row) => {
          const a = [...predictors.subarray(4 * row, 4 * row + 4)];
          choices.push({ context, choseA: outcome === 1, a, b: [0, 0, 0, 0] });
        });
      }
      for (let k = 0; k < 6; k++) {
        reports[side]?.push({ context, weights: [...one.reports.subarray(4 * k, 4 * k + 4)] });
      }
    });
  });
  const [own = [], comparedReports] = reports;
  return { contexts, choices, reports: own, ...(comparedReports && { comparedReports }) };
}

describe('assumptions from a pilot', () => {
  it('are those that the pilot was simulated with', () => {
    const truth: StudyAssumptions = {
      ...paperAssumptions,
      correlation: 0.5,
      comparedWith: 0.8,
      weightSd: 5,
      comparedReportNoise: 0.5,
    };
    const found = [1, 2].map((seed) => assumptionsFromPilot(pilotOf(truth, seed)));
    const mean = (of: (one: StudyAssumptions) => number | null) =>
      found.reduce((sum, { assumptions }) => sum + (of(assumptions) ?? Number.NaN) / 2, 0);
    expect(found.map(({ sizes }) => sizes)).toEqual([design, design]);
    // Three to four standard errors of two pilots of 320 weights: τ has 5% in one, r (1 − r²) / √320 / attenuation.
    expect(Math.abs(mean((one) => one.weightSd) / 5 - 1)).toBeLessThan(0.12);
    expect(Math.abs(mean((one) => one.correlation) - 0.5)).toBeLessThan(0.12);
    expect(Math.abs(mean((one) => one.comparedWith) - 0.8)).toBeLessThan(0.07);
    expect(Math.abs(mean((one) => one.reportNoise) / truth.reportNoise - 1)).toBeLessThan(0.12);
    expect(Math.abs(mean((one) => one.comparedReportNoise) / 0.5 - 1)).toBeLessThan(0.12);
    expect(Math.abs(mean((one) => one.interceptSd) - truth.interceptSd)).toBeLessThan(0.3);
  });

  it('are refused for a pilot that says too little, in one line', () => {
    const pilot = pilotOf(paperAssumptions, 4);
    const refused = (change: Partial<StudyPilot>) => {
      try {
        return assumptionsFromPilot({ ...pilot, ...change });
      } catch (error) {
        return String(error);
      }
    };
    const first = (n: number) => {
      const kept = new Set([...pilot.contexts.keys()].slice(0, n));
      return ({ context }: { readonly context: string }) => kept.has(context);
    };
    expect(refused({ choices: pilot.choices.filter(first(3)) })).toMatch(/in 3 contexts/);
    expect(refused({ reports: pilot.reports.filter((_, i) => i % 6 === 0) })).toMatch(
      /one report a context/,
    );
    expect(refused({ reports: pilot.reports.filter(first(2)) })).toMatch(/2 contexts with both/);
    // All reports of a context differ by noise only.
    const equal = pilot.reports.map(({ context }, i) => ({
      context,
      weights: [0, 1, 2, 3].map((j) => Math.sin(i * 7 + j * j * 3)),
    }));
    expect(refused({ reports: equal })).toMatch(/show no latent reports/);
    // Choices by a rule without error: weights without bounds.
    const sure = pilot.choices.map((one) => ({ ...one, choseA: (one.a[0] ?? 0) > 0 }));
    expect(refused({ choices: sure })).toMatch(/follow a rule almost without error/);
  });
});

describe.skipIf(!hasPublished)(`on the published data${skipReason}`, () => {
  it('they agree with the joint model by Stan, and keep the raw correlations', async () => {
    const { contexts, models } = await readStudy(publishedFolder);
    const record = models.find(({ name }) => name === 'gpt-4o-2024-08-06');
    const { assumptions, raw } = assumptionsFromPilot({
      contexts,
      choices: record?.instilledChoices ?? [],
      reports: record?.instilledReports ?? [],
    });
    // Posterior means and sds of ../shared/reference/joint/published.json.
    expect(Math.abs(assumptions.weightSd - 6.312)).toBeLessThan(0.34);
    expect(Math.abs(assumptions.interceptMean - 0.08)).toBeLessThan(0.098);
    expect(Math.abs(assumptions.interceptSd - 0.773)).toBeLessThan(0.098);
    expect(Math.abs(assumptions.correlation - 0.624)).toBeLessThan(0.031);
    expect(raw[0]).toBeCloseTo(0.543, 2);
  });
});
