/** The tests of predictive-density.test.ts in full: see test/support/deep.ts. */
import './predictive-density.test.js';
