/** The tests of study-demo.test.ts in full: see test/support/deep.ts. */
import './study-demo.test.js';
