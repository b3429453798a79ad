/** The tests of limits.test.ts in full: see test/support/deep.ts. */
import './limits.test.js';
