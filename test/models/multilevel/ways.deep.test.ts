/** The tests of ways.test.ts in full: see test/support/deep.ts. */
import './ways.test.js';
