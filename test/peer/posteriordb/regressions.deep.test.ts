/** The tests of regressions.test.ts in full: see test/support/deep.ts. */
import './regressions.test.js';
