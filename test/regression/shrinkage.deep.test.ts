/** The tests of shrinkage.test.ts in full: see test/support/deep.ts. */
import './shrinkage.test.js';
