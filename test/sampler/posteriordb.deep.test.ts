/** The tests of posteriordb.test.ts in full: see test/support/deep.ts. */
import './posteriordb.test.js';
