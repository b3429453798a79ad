/** The smallest of the four sizes beside a long Stan run; the others are in crossed.deep.test.ts. */
import { describe, expect, it } from 'vitest';
import { crossedSizes, fingerprint } from '../../support/crossed-data.js';
import { expectAgreement, expectSoundReference } from './agreement.js';

describe('crossed group effects beside long Stan runs', () => {
  it.each(crossedSizes)('the reference of size %# is of the data and converged', (make) => {
    expectSoundReference(make());
  });

  it('10 models by 100 items', () => expectAgreement(crossedSizes[0](), 2500));

  it('data are the same each time they are made', () => {
    const [make] = crossedSizes;
    expect(fingerprint(make())).toBe(fingerprint(make()));
  });
});
