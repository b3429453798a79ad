/** `weighbridge reproduce --weigh-choices`: choices by the model's own probabilities. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withProbabilities } from '../support/probabilities.js';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';
import { errorLines, parseReproduction, reproduce, STACK_LINE, weighbridge } from './support.js';

const CHOICES = `${GPT_4O}_instilled_selections.csv`;
const NATIVE_CHOICES = `${GPT_4O}_instilled_latent_selections.csv`;

let study: SmallStudy;
beforeEach(async () => {
  study = await smallStudy({ contexts: 2, models: [GPT_4O] });
});
afterEach(() => study.remove());

async function jsonOf(...more: readonly string[]) {
  const { code, stdout } = await reproduce(study.folder, '--json', '-', '--quiet', ...more);
  expect(code).toBe(0);
  return parseReproduction(stdout);
}

describe('--weigh-choices', () => {
  it('counts choices as made unless asked otherwise, and the JSON says how they were counted', async () => {
    const before = await jsonOf();
    for (const file of [CHOICES, NATIVE_CHOICES]) {
      await study.edit(
        file,
        withProbabilities((choseA) => (choseA ? '0.8' : '0.3')),
      );
    }
    const asMade = await jsonOf();
    expect(asMade.weigh_choices).toBe('as-made');
    expect(asMade.weights).toEqual(before.weights);
    expect(asMade.correlations).toEqual(before.correlations);
    const weighed = await jsonOf('--weigh-choices', 'by-probability');
    expect(weighed.weigh_choices).toBe('by-probability');
    expect(weighed.weights).not.toEqual(before.weights);
  });

  it('is told in the title of the table', async () => {
    for (const file of [CHOICES, NATIVE_CHOICES]) {
      await study.edit(
        file,
        withProbabilities((choseA) => (choseA ? '0.8' : '0.3')),
      );
    }
    const [asMade, weighed] = await Promise.all([
      reproduce(study.folder),
      reproduce(study.folder, '--weigh-choices', 'by-probability'),
    ]);
    expect(asMade.stdout).not.toContain('weighed');
    expect(weighed.stdout).toMatch(/^Plunkett.*\n.*\nchoices weighed by probability\n/);
  });

  it('is told in one line where the data have no probabilities', async () => {
    const outcome = await reproduce(study.folder, '--weigh-choices', 'by-probability');
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toBe(
      `error: ${CHOICES}: no choice has a probability, expected some in a column probability_A to weigh the choices by\n`,
    );
  });

  it('is told in one line where a probability is none', async () => {
    await study.edit(
      CHOICES,
      withProbabilities(() => '1.5'),
    );
    const outcome = await reproduce(study.folder);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toBe(
      `error: ${CHOICES}, row 2, column probability_A: found '1.5', expected a probability from 0 to 1, or nothing\n`,
    );
  });

  it('is told in one line where it is another word', async () => {
    const outcome = await weighbridge(['reproduce', '--weigh-choices', 'loud']);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toContain('Allowed choices are as-made, by-probability');
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  });
});
