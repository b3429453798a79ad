/** The tests of replica.test.ts in full: see test/support/deep.ts. */
import './replica.test.js';
