/** Choices as they were made, or weighed by the model's own probabilities of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ChoiceWeighing,
  type ContextChoices,
  weightJob,
} from '../../src/analysis/learned-weights.js';
import { type Reproduction, reproduce } from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { modelOf } from '../../src/fit/specification.js';
import { randomStream } from '../../src/random/stream.js';
import { posteriorMode } from '../../src/sampler/normal-approximation.js';
import { completeSettings } from '../../src/sampler/settings.js';
import type { Choice, Context } from '../../src/study/context.js';
import { withProbabilities } from '../support/probabilities.js';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';

const house: Context = {
  name: 'house',
  question: 'Which?',
  attributes: [
    { name: 'size', min: 0, max: 10 },
    { name: 'age', min: 100, max: 300 },
  ],
};

const choice = (choseA: boolean, probabilityA?: number): Choice => ({
  context: 'house',
  choseA,
  a: [10, 100],
  b: [0, 300],
  ...(probabilityA !== undefined && { probabilityA }),
});

describe('the outcomes of a weight regression', () => {
  const group = { context: house, choices: [choice(true, 0.75), choice(false, 0.6), choice(true)] };
  const outcomes = (weighing?: ChoiceWeighing) =>
    Array.from(weightJob('fit', group, weighing).specification.data.outcomes);

  it('are the options chosen, whatever their probabilities, unless asked otherwise', () => {
    expect(outcomes()).toEqual([1, 0, 1]);
    expect(outcomes('as-made')).toEqual([1, 0, 1]);
    // The job is today's: nothing in it tells of probabilities.
    expect(Object.keys(weightJob('fit', group).specification).sort()).toEqual([
      'data',
      'family',
      'priors',
    ]);
  });

  it('are the probabilities of A where they are asked for and known', () => {
    expect(outcomes('by-probability')).toEqual([0.75, 0.6, 1]);
  });
});

describe('weights of choices weighed by probability', () => {
  it('scatter far less from context to context than those of the same choices as made', () => {
    // An agent of known slopes makes 50 choices in each of 40 contexts; the luck of the choices is
    // gone, and only the luck of the options drawn is left. Over 150 other seeds the ratio of the two
    // variances had a mean of 0.024 and a standard deviation of 0.25 in its logarithm, so that a
    // ratio of 1/4 is more than 9 of those away: a false alarm is out of the question.
    const truth = [2, -1];
    const squares = { 'as-made': 0, 'by-probability': 0 };
    const contexts = 40;
    const modes = (weighing: ChoiceWeighing) =>
      Array.from({ length: contexts }, (_, i) => {
        const model = modelOf(weightJob('fit', simulatedGroup(truth, i), weighing).specification);
        return posteriorMode(model).slice(1);
      });
    for (const weighing of ['as-made', 'by-probability'] as const) {
      const found = modes(weighing);
      for (const j of truth.keys()) {
        const mean = found.reduce((sum, mode) => sum + (mode[j] ?? 0), 0) / contexts;
        for (const mode of found) squares[weighing] += ((mode[j] ?? 0) - mean) ** 2;
      }
    }
    expect(squares['by-probability']).toBeLessThan(squares['as-made'] / 4);
  });
});

/** Choices by P(A) = logit⁻¹(Σ slope · difference), with that probability. */
function simulatedGroup(slopes: readonly number[], name: number): ContextChoices {
  const random = randomStream('weighed choices', name);
  const choices = Array.from({ length: 50 }, (): Choice => {
    const [a, b] = [0, 1].map(() => [10 * random.uniform(), 100 + 200 * random.uniform()]);
    const differences = [(a[0] - b[0]) / 10, (a[1] - b[1]) / 200];
    const logOdds = differences.reduce((sum, d, i) => sum + d * slopes[i], 0);
    const probabilityA = 1 / (1 + Math.exp(-logOdds));
    return { context: 'house', choseA: random.uniform() < probabilityA, a, b, probabilityA };
  });
  return { context: house, choices };
}

describe('a study', () => {
  let study: SmallStudy;
  beforeEach(async () => {
    study = await smallStudy({ contexts: 2, models: [GPT_4O] });
  });
  afterEach(() => study.remove());

  const files = ['instilled', 'instilled_latent'].map((kind) => `${GPT_4O}_${kind}_selections.csv`);
  const settings = completeSettings({ chains: 2, warmup: 100, draws: 50 });

  async function result(weighChoices?: ChoiceWeighing): Promise<Reproduction> {
    const read = await readStudy(study.folder);
    return reproduce(read, { ...settings, ...(weighChoices && { weighChoices }) });
  }
  async function weigh(cellOf: (choseA: boolean, row: number) => string): Promise<void> {
    for (const file of files) await study.edit(file, withProbabilities(cellOf));
  }

  it('has the same figures to the last bit where probabilities are there and not asked for', async () => {
    const without = await result();
    await weigh((choseA) => (choseA ? '0.7' : '0.1'));
    expect(await result()).toEqual(without);
    expect(await result('as-made')).toEqual(without);
    expect(await result('by-probability')).not.toEqual(without);
  });

  it('has them too where every probability is certainty', async () => {
    const asMade = await result();
    await weigh((choseA, row) => (row % 3 === 0 ? '' : choseA ? '1' : '0'));
    expect(await result('by-probability')).toEqual(asMade);
  });

  it('that has no probabilities is told so in one line, with the file', async () => {
    const message = (file: string) =>
      `${file}: no choice has a probability, expected some in a column probability_A to weigh the choices by`;
    await expect(result('by-probability')).rejects.toMatchObject({
      code: 'bad-data',
      message: message(files[0]),
    });
    await study.edit(
      files[0],
      withProbabilities((choseA) => (choseA ? '0.9' : '0.2')),
    );
    await expect(result('by-probability')).rejects.toMatchObject({ message: message(files[1]) });
    // An empty column is none.
    await study.edit(
      files[1],
      withProbabilities(() => ''),
    );
    await expect(result('by-probability')).rejects.toMatchObject({ message: message(files[1]) });
  });
});
