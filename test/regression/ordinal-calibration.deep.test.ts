/** The tests of ordinal-calibration.test.ts in full: see test/support/deep.ts. */
import './ordinal-calibration.test.js';
