/** The tests of calibration.test.ts in full: see test/support/deep.ts. */
import './calibration.test.js';
