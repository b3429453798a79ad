/** The tests of prior-text.test.ts in full: see test/support/deep.ts. */
import './prior-text.test.js';
