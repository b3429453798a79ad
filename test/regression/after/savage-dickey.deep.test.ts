/** The tests of savage-dickey.test.ts in full: see test/support/deep.ts. */
import './savage-dickey.test.js';
