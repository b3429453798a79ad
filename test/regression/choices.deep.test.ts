/** The tests of choices.test.ts in full: see test/support/deep.ts. */
import './choices.test.js';
