/** The tests of latents.test.ts in full: see test/support/deep.ts. */
import './latents.test.js';
