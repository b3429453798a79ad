/**
 * Tests that need many fits or runs for their statistical power run in full in `npm run test:deep`, and
 * with few in `npm test`. The file `NAME.deep.test.ts` beside `NAME.test.ts` imports it, and so has its
 * tests with `isDeep` true.
 */
export const isDeep = process.env.WEIGHBRIDGE_TESTS === 'deep';

/** A number of fits, runs or draws: the first in `npm test`, the second in `npm run test:deep`. */
export const powered = (quick: number, deep: number): number => (isDeep ? deep : quick);

/** All cases in `npm run test:deep`, every n-th in `npm test`. */
export const everyNth = <Case>(n: number, cases: readonly Case[]): readonly Case[] =>
  cases.filter((_, i) => isDeep || i % n === 0);
