/** The tests of chain-runner.test.ts in full: see test/support/deep.ts. */
import './chain-runner.test.js';
