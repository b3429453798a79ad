/** The tests of families.test.ts in full: see test/support/deep.ts. */
import './families.test.js';
