/** The tests of custom-family.test.ts in full: see test/support/deep.ts. */
import './custom-family.test.js';
