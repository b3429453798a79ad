/** The tests of monotonic.test.ts in full: see test/support/deep.ts. */
import './monotonic.test.js';
