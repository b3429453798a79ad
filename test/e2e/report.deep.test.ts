/** The tests of report.test.ts in full: see test/support/deep.ts. */
import './report.test.js';
