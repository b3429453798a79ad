/** The tests of named-group-terms.test.ts in full: see test/support/deep.ts. */
import './named-group-terms.test.js';
