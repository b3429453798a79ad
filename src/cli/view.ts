/** `weighbridge view`: shows a result folder in the browser until a stop signal. */
import type { Command } from 'commander';
import open from 'open';
import pc from 'picocolors';
import { startViewer } from '../viewer/server.js';
import { addFlags, type FlagValues, flag, switchFlag, wholeNumber } from './flags.js';
import { warn } from './output.js';
import { untilStopSignal } from './signals.js';

const viewFlags = {
  port: flag('--port <n>', 'port; 0: a free one', wholeNumber(0, 65_535), 0),
  open: switchFlag('--no-open', 'print the address and open no browser'),
};

export function addView(program: Command): void {
  const command = program
    .command('view')
    .description('a page to look into every number of a result, on this machine only')
    .argument('<path>', 'a result folder, as `reproduce` and `study analyse` write it with --out');
  addFlags(command, viewFlags).action(view);
}

async function view(path: string, flags: FlagValues<typeof viewFlags>): Promise<void> {
  const stopped = untilStopSignal();
  const viewer = await startViewer(path, { port: flags.port });
  process.stdout.write(`${viewer.url}\n`);
  if (process.stderr.isTTY) process.stderr.write(pc.dim('Ctrl-C stops it.\n'));
  if (flags.open) await openBrowser(viewer.url);
  await stopped;
  await viewer.close();
}

/** Warns if there is no browser: the address is already printed. */
async function openBrowser(url: string): Promise<void> {
  const failed = (error: Error) =>
    warn(`no browser could be opened (${error.message}); open the address by hand`);
  try {
    const child = await open(url);
    child.on('error', failed);
  } catch (error) {
    failed(error instanceof Error ? error : new Error(String(error)));
  }
}
