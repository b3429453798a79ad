/** The tests of correlation-with-error.test.ts in full: see test/support/deep.ts. */
import './correlation-with-error.test.js';
