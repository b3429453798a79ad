/** The tests of smooth-terms.test.ts in full: see test/support/deep.ts. */
import './smooth-terms.test.js';
