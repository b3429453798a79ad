/** The tests of categorical.test.ts in full: see test/support/deep.ts. */
import './categorical.test.js';
