/** The tests of preferences.test.ts in full: see test/support/deep.ts. */
import './preferences.test.js';
