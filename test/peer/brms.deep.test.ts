/** The tests of brms.test.ts in full: see test/support/deep.ts. */
import './brms.test.js';
