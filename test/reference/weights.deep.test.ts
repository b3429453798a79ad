/** The tests of weights.test.ts in full: see test/support/deep.ts. */
import './weights.test.js';
