#!/usr/bin/env node
/** The command line: parses, calls, prints. Bad input ends with one clear line and exit code 2. */
import pc from 'picocolors';
import { BAD_INPUT, run } from './run.js';

// A reader that has seen enough, as `head` has, is no error, and other output is still to be written.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`${pc.red('error:')} cannot write to standard output: ${error.message}\n`);
  process.exitCode = BAD_INPUT;
});
process.stderr.on('error', () => {});

const code = await run(process.argv.slice(2));
if (code !== 0) process.exitCode = code;
