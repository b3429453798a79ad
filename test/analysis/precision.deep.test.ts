/** The tests of precision.test.ts in full: see test/support/deep.ts. */
import './precision.test.js';
