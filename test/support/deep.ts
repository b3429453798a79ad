/**
 * Tests that need many fits or runs for their statistical power run in full in `npm run test:deep`, and
 * with few in `npm test`. The file `NAME.deep.test.ts` beside `NAME.test.ts` imports it, and so has its
 * tests with `isDeep` true.
 */
export const isDeep = process.env.WEIGHBRIDGE_TESTS === 'deep';

/** A number of fits, runs or draws: the first in `npm test`, the second in `npm run test:deep`. */
export const powered = (quick: number, deep: number): number => (isDeep ? deep : quick);
