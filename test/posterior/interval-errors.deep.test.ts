/** The tests of interval-errors.test.ts in full: see test/support/deep.ts. */
import './interval-errors.test.js';
