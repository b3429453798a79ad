/** The tests of distributional.test.ts in full: see test/support/deep.ts. */
import './distributional.test.js';
