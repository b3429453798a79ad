/** The tests of plan-regression.test.ts in full: see test/support/deep.ts. */
import './plan-regression.test.js';
