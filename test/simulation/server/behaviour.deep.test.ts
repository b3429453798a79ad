/** The tests of behaviour.test.ts in full: see test/support/deep.ts. */
import './behaviour.test.js';
