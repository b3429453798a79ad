/** The tests of study-kill-packs.test.ts in full: see test/support/deep.ts. */
import './study-kill-packs.test.js';
