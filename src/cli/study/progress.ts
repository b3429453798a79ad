/** Progress of a run on standard error: bars on a terminal, otherwise a line every so often. */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '../../harness/client/sanitize.js';
import type { StageProgress } from '../../harness/run-study.js';
import { progressText } from '../../harness/status.js';
import type { RunMeter } from './run-meter.js';

interface ProgressDisplay {
  /** The run begins: from now on its pace, money and time are shown. */
  begin(meter: RunMeter): void;
  update(progress: StageProgress): void;
  note(line: string): void;
  /** Prints even if progress is off. */
  warn(line: string): void;
  stop(): void;
}

export function progressDisplay(quiet: boolean): ProgressDisplay {
  const off = () => {};
  if (quiet) return { begin: off, update: off, note: off, warn: print, stop: off };
  return process.stderr.isTTY ? bars(process.stderr) : lines();
}

function print(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

const LINE_EVERY_MS = 30_000;

/** @param now in milliseconds */
export function lines(now = () => performance.now()): ProgressDisplay {
  let meter: RunMeter | null = null;
  let printedAt = now();
  const said = new Map<string, string>();
  const sayOnce = (stage: string, text: string) => {
    if (said.get(stage) === text) return;
    said.set(stage, text);
    print(`${stage}: ${text}`);
  };
  const sayStage = ({ stage: { id }, done, total, training }: StageProgress) => {
    if (training) sayOnce(id, training.status);
    else if (done === total) sayOnce(id, `${total} answers, done`);
    else if (!said.has(id)) sayOnce(id, `${done} of ${total} answers`);
  };
  return {
    begin(started) {
      meter = started;
    },
    note: (line) => void process.stderr.write(`${line}\n`),
    warn: print,
    stop: () => {},
    update(progress) {
      sayStage(progress);
      meter?.note(progress);
      if (!meter || now() - printedAt < LINE_EVERY_MS) return;
      printedAt = now();
      print(meter.text());
    },
  };
}

const STAGE_WIDTH = 48;
/** Lines of a terminal that are left free: the summary, a note, the cursor. */
const OTHER_LINES = 3;

/**
 * A bar for each stage under way, as many as the terminal has lines for: bars that do not fit would
 * be drawn over one another.
 * @param stream a terminal
 */
function bars(stream: NodeJS.WriteStream): ProgressDisplay {
  const all = new MultiBar({
    format: '{stage} {bar} {value}/{total} {news}',
    stream,
    hideCursor: false,
    linewrap: false,
    barsize: 24,
    autopadding: true,
  });
  const byStage = new Map<string, SingleBar>();
  let meter: RunMeter | null = null;
  // A stopped bar prints nothing more.
  const note = (line: string) =>
    all.isActive ? all.log(`${line}\n`) : void stream.write(`${line}\n`);
  const barFor = (stage: string, total: number): SingleBar | null => {
    const known = byStage.get(stage);
    if (known) return known;
    if (byStage.size >= Math.max(1, (stream.rows ?? 24) - OTHER_LINES)) return null;
    const bar = all.create(total, 0, { stage: shortStage(stage), news: '' });
    byStage.set(stage, bar);
    return bar;
  };
  const end = (stage: string, line: string) => {
    const bar = byStage.get(stage);
    byStage.delete(stage);
    note(printable(`${stage}: ${line}`));
    if (bar) all.remove(bar);
  };
  return {
    begin(started) {
      meter = started;
      const summary = all.create(1, 0, { text: started.text() }, { format: '{text}' });
      all.on('update-pre', () => summary.update(0, { text: started.text() }));
    },
    note,
    warn: (line) => note(printable(line)),
    stop() {
      if (all.isActive) all.stop();
    },
    update(progress) {
      const { stage, done, total, training } = progress;
      meter?.note(progress);
      if (!training && done === total) return end(stage.id, `${total} answers, done`);
      if (training?.status === 'succeeded') return end(stage.id, 'trained');
      const bar = barFor(stage.id, total || 1);
      // The number of training steps is unknown at first.
      if (training && total > 0) bar?.setTotal(total);
      bar?.update(done, { news: training ? printable(progressText(training)) : '' });
    },
  };
}

/** The end of a long name tells stages of one model apart. */
function shortStage(id: string): string {
  const short = id.length > STAGE_WIDTH ? `…${id.slice(1 - STAGE_WIDTH)}` : id;
  return printable(short).padEnd(STAGE_WIDTH);
}
