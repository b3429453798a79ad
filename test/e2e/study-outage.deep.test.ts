/** The tests of study-outage.test.ts in full: see test/support/deep.ts. */
import './study-outage.test.js';
