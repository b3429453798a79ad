/** The tests of parquet.test.ts in full: see test/support/deep.ts. */
import './parquet.test.js';
