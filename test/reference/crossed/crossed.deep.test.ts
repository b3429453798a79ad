/** Sizes whose fits take more than a few seconds beside long Stan runs. */
import { describe, it } from 'vitest';
import { crossedSizes } from '../../support/crossed-data.js';
import { expectAgreement } from './agreement.js';

describe('crossed group effects beside long Stan runs', () => {
  it.each([
    ['20 models by 500 items', 1, 2500],
    ['1,400 items, 7 conditions, 6 draws of worked examples', 2, 2500],
    ['50 models by 2,000 items', 3, 1000],
  ] as const)('%s', { timeout: 3_600_000 }, (_, size, draws) =>
    expectAgreement(crossedSizes[size](), draws),
  );
});
