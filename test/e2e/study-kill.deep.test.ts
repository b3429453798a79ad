/** The tests of study-kill.test.ts in full: see test/support/deep.ts. */
import './study-kill.test.js';
