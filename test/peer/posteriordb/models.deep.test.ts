/** The tests of models.test.ts in full: see test/support/deep.ts. */
import './models.test.js';
