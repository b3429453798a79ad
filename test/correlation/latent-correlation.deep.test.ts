/** The tests of latent-correlation.test.ts in full: see test/support/deep.ts. */
import './latent-correlation.test.js';
