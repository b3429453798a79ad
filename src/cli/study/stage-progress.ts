/**
 * A line for each stage on standard error: a bar where a person watches, elsewhere a line when a
 * stage begins and when it is done.
 */
import { MultiBar, type SingleBar } from 'cli-progress';
import { printable } from '../../harness/client/plain-words.js';
import type { StageProgress } from '../../harness/run-study.js';
import { progressText } from '../../harness/status.js';

export interface StageProgressDisplay {
  update(progress: StageProgress): void;
  say(line: string): void;
  /** Says it also where no progress is wanted. */
  warn(line: string): void;
  stop(): void;
}

export function stageProgress(quiet: boolean): StageProgressDisplay {
  if (quiet) return { update: () => {}, say: () => {}, warn: print, stop: () => {} };
  return process.stderr.isTTY ? bars() : lines();
}

function print(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

function lines(): StageProgressDisplay {
  const said = new Map<string, string>();
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const sayOnce = (stage: string, text: string) => {
    if (said.get(stage) === text) return;
    said.set(stage, text);
    print(`${stage}: ${text}`);
  };
  return {
    say,
    warn: print,
    stop: () => {},
    update(progress) {
      const { id } = progress.stage;
      if (progress.kind === 'training') return sayOnce(id, progress.news.status);
      const { done, total } = progress;
      if (done === total) sayOnce(id, `${total} answers, done`);
      else if (!said.has(id)) sayOnce(id, `${done} of ${total} answers`);
    },
  };
}

function bars(): StageProgressDisplay {
  const all = new MultiBar({
    format: '{stage} {bar} {value}/{total} {news}',
    stream: process.stderr,
    hideCursor: false,
    linewrap: false,
    barsize: 24,
    autopadding: true,
  });
  const byStage = new Map<string, SingleBar>();
  const width = 48;
  const barFor = (stage: string, total: number): SingleBar => {
    const known = byStage.get(stage);
    if (known) return known;
    const bar = all.create(total, 0, { stage: stage.padEnd(width), news: '' });
    byStage.set(stage, bar);
    return bar;
  };
  // A bar that has stopped prints nothing more.
  const say = (line: string) =>
    all.isActive ? all.log(`${line}\n`) : void process.stderr.write(`${line}\n`);
  return {
    say,
    warn: (line) => say(printable(line)),
    stop: () => all.stop(),
    update(progress) {
      const { id } = progress.stage;
      if (progress.kind === 'collection') {
        barFor(id, progress.total).update(progress.done, { news: '' });
        return;
      }
      const { step, totalSteps } = progress.news;
      const bar = barFor(id, totalSteps ?? 1);
      if (totalSteps !== null) bar.setTotal(totalSteps);
      bar.update(step ?? 0, { news: printable(progressText(progress.news)) });
    },
  };
}
