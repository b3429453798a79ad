/**
 * The replica that ships: what it is made of, and that the analysis finds the paper's figures in
 * it. That a command regenerates it byte for byte is in test/e2e/replica.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readStudy, type Study, workerPool } from 'weighbridge/node';
import { type Reproduction, reproduce } from 'weighbridge/paper';
import { readAgents, readCandidates } from '../../src/authors-files/read-candidates.js';
import { readPaperFigures } from '../../src/cli/paper-figures.js';
import { replicaFolder } from '../support/small-study.js';

const fixture = (file: string) => new URL(`../../fixtures/${file}`, import.meta.url).pathname;

describe('the decision contexts that ship', () => {
  test('are at least 200, each of five attributes with a unit and a range', async () => {
    const candidates = await readCandidates(fixture('contexts.json'));
    expect(candidates.length).toBeGreaterThanOrEqual(200);
    expect(new Set(candidates.map((one) => one.short_name)).size).toBe(candidates.length);
    expect(new Set(candidates.map((one) => one.question)).size).toBe(candidates.length);
    for (const { short_name, question, attributes } of candidates) {
      expect(short_name).toMatch(/^[a-z0-9_]+$/);
      expect(question, short_name).toMatch(/^[A-Z].*\?$/);
      expect(attributes, short_name).toHaveLength(5);
      expect(new Set(attributes.map(({ name }) => name)).size, short_name).toBe(5);
      for (const { name, units, range } of attributes) {
        expect(name, short_name).toMatch(/^[a-z0-9_]+$/);
        expect(units, short_name).not.toBe('');
        expect(range[1], `${short_name} ${name}`).toBeGreaterThan(range[0]);
      }
    }
  });

  test('have an agent each', async () => {
    const agents = await readAgents(fixture('agents.csv'));
    expect(new Set(agents).size).toBe(agents.length);
    expect(agents.length).toBeGreaterThanOrEqual(212);
  });
});

describe('the replica', () => {
  let study: Study;
  let result: Reproduction;

  beforeAll(async () => {
    study = await readStudy(replicaFolder);
    const pool = workerPool(2);
    result = await reproduce(study, { runner: pool.runner });
    await pool.close();
  }, 600_000);

  test('says of itself, in its folder and in every row, that it is simulated', async () => {
    expect(study.provenance).toMatchObject({ simulated: true });
    for (const { name } of study.models) {
      for (const file of ['_instilled_selections.csv', '_weight_reports.csv']) {
        const text = await readFile(`${replicaFolder}/${name}${file}`, 'utf8');
        const rows = text.trim().split('\n').slice(1);
        expect(rows.every((row) => row.startsWith('simulated:'))).toBe(true);
      }
    }
  });

  test('is read without a warning and fitted without one', () => {
    expect(study.warnings).toEqual([]);
    expect(result.warnings).toEqual([]);
  });

  test("shows the paper's correlations within 0.005, and its numbers of valid contexts", async () => {
    const { experiment1, experiment2, experiment3, appendixD } = await readPaperFigures();
    const published = (model: string): [string, number | undefined][] => [
      ['learned_vs_target', experiment1.learned_vs_target_r[model]],
      ['instilled/reports', experiment1['instilled/reports'][model]?.r],
      ['instilled/off_the_shelf_reports', experiment1['instilled/off_the_shelf_reports'][model]?.r],
      ['instilled/trained_reports', experiment2['instilled/trained_reports'][model]?.r],
      ['native/reports', experiment3['native/reports'][model]?.r],
      ['native/trained_reports', experiment3['native/trained_reports'][model]?.r],
    ];
    for (const { name } of study.models) {
      for (const [what, r] of published(name)) {
        const ours = result.correlations.get(`${name}/${what}`)?.r ?? Number.NaN;
        expect(Math.abs(ours - (r ?? Number.NaN)), `${name}/${what}`).toBeLessThan(0.005);
      }
      const before = appendixD.reports_vs_target_r_before_training[name] ?? Number.NaN;
      const after = appendixD.reports_vs_target_r_after_training[name] ?? Number.NaN;
      const target = (when: string) => result.reportsVsTarget.get(`${name}/${when}`)?.r ?? 0;
      expect(Math.abs(target('before') - before)).toBeLessThan(0.005);
      expect(Math.abs(target('after') - after)).toBeLessThan(0.005);
    }
    const n = (key: string) => result.correlations.get(key)?.n;
    expect(n('gpt-4o-2024-08-06/instilled/reports')).toBe(500);
    expect(n('gpt-4o-mini-2024-07-18/instilled/reports')).toBe(395);
    expect(n('gpt-4o-mini-2024-07-18/instilled/off_the_shelf_reports')).toBe(480);
    expect(n('gpt-4o-mini-2024-07-18/native/reports')).toBe(380);
    expect(result.effects.instilled.n).toBe(1895);
    expect(result.effects.native.n).toBe(1880);
  });

  test("shows the paper's percentages within a tenth of a percent", async () => {
    const { experiment1, experiment3 } = await readPaperFigures();
    for (const model of result.models) {
      const close = (ours: number, published: number | undefined) =>
        expect(Math.abs(ours - (published ?? Number.NaN)), model.name).toBeLessThan(0.1);
      close(
        model.choicesAgreeingWithTargetPercent,
        experiment1.choices_agreeing_with_target_pct[model.name],
      );
      close(
        model.nativeChoicesPredictedPercent,
        experiment3.native_choices_predicted_pct[model.name],
      );
      close(model.invalidReportsPercent, experiment1.invalid_reports_pct[model.name]);
    }
  });
});
