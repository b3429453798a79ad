/** Properties that name no seed have this one: a test that passes goes on passing. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 2025 });
