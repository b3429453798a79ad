/** The tests of any-names.test.ts in full: see test/support/deep.ts. */
import './any-names.test.js';
