/** Tables of a running study: its plan, its progress, and the outcome of the answers. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { printable } from '../../harness/client/sanitize.js';
import type { Budget, Spent } from '../../harness/client/spending.js';
import type { StageEstimate } from '../../harness/estimate-study.js';
import type { AnswerCounts } from '../../harness/export-study.js';
import type { StageStatus } from '../../harness/status.js';
import type { CommonConfiguration } from '../../packs/configuration/common.js';
import { costInUsd, costText, estimatedCost, money, spentCost } from './money.js';

type Alignment = 'left' | 'right';

function table(head: readonly string[], aligns: readonly Alignment[]) {
  return new Table({
    head: [...head],
    colAligns: [...aligns],
    style: { head: [], border: [], compact: true },
  });
}

/** Formats 1234567 as 1,234,567, independent of the locale. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function estimateTable(
  stages: readonly StageEstimate[],
  { server, budget }: CommonConfiguration,
): string {
  const rows = table(
    ['stage', 'requests', 'input tokens', 'output tokens', 'USD'],
    ['left', 'right', 'right', 'right', 'right'],
  );
  for (const { stage, requests, inputTokens, outputTokens, usd } of stages) {
    rows.push([
      printable(stage),
      whole(requests),
      whole(inputTokens),
      whole(outputTokens),
      money(usd),
    ]);
  }
  const sum = (of: (stage: StageEstimate) => number) =>
    stages.reduce((total, stage) => total + of(stage), 0);
  const requests = sum((stage) => stage.requests);
  const asked = sum((stage) =>
    stage.kind === 'training' ? 0 : stage.inputTokens + stage.outputTokens,
  );
  const cost = estimatedCost(stages);
  rows.push([
    pc.bold('in all'),
    whole(requests),
    whole(sum((stage) => stage.inputTokens)),
    whole(sum((stage) => stage.outputTokens)),
    costText(cost),
  ]);
  const notes = [
    'Tokens are estimated from characters, within some 10%; a stage that is done, or a training under way, counts nothing.',
    cost.isWhole ? '' : 'unknown: the configuration has no prices of the model.',
    server.mode === 'live' ? paceNote(requests, asked, server) : '',
    budgetNote(stages, budget),
  ];
  return [rows.toString(), ...notes.filter((note) => note !== '')].join('\n');
}

function paceNote(requests: number, tokens: number, server: CommonConfiguration['server']): string {
  const minutes = Math.max(
    requests / (server.requestsPerMinute ?? Number.POSITIVE_INFINITY),
    tokens / (server.tokensPerMinute ?? Number.POSITIVE_INFINITY),
  );
  return minutes < 1 ? '' : `The configured limits alone make it ${whole(minutes)} minutes.`;
}

function budgetNote(stages: readonly StageEstimate[], budget: Budget): string {
  const short = (['requests', 'tokens', 'usd'] as const).flatMap((what) => {
    const needed = stages.reduce((sum, { setAside }) => sum + setAside[what], 0);
    const limit = budget[what] ?? Number.POSITIVE_INFINITY;
    return needed > limit
      ? [`budget.${what} is ${limit}, and ${roundUp(needed)} may be needed`]
      : [];
  });
  if (short.length === 0) return '';
  return pc.yellow(
    `The budget may not do: ${short.join('; ')} (a training sets aside a quarter more than its estimate until it is billed).`,
  );
}

function roundUp(amount: number): string {
  return amount < 1000 ? (Math.ceil(amount * 100) / 100).toFixed(2) : whole(Math.ceil(amount));
}

const paintState: Record<StageStatus['state'], (text: string) => string> = {
  done: pc.green,
  'under way': pc.yellow,
  ready: (text) => text,
  waiting: pc.dim,
  failed: pc.red,
};

export function statusTable(stages: readonly StageStatus[]): string {
  const rows = table(
    ['stage', 'state', 'answers', 'failed attempts', ''],
    ['left', 'left', 'right', 'right', 'left'],
  );
  for (const { stage, state, answers, failures, note, waitsFor } of stages) {
    rows.push([
      printable(stage),
      paintState[state](state),
      answers ? `${whole(answers.done)} / ${whole(answers.total)}` : '',
      failures > 0 ? whole(failures) : '',
      printable(note) ||
        (waitsFor.length > 0 ? pc.dim(printable(`after ${waitsFor.join(', ')}`)) : ''),
    ]);
  }
  return rows.toString();
}

/** Problems of answers by stage; '' if there are none. */
export function countsTable(counts: readonly AnswerCounts[]): string {
  const notable = counts.filter(
    ({ invalid, repaired, outOfRange }) => invalid.size > 0 || repaired > 0 || outOfRange > 0,
  );
  if (notable.length === 0) return '';
  const rows = table(
    ['stage', 'valid', 'invalid', 'reasons', 'repaired', 'out of range'],
    ['left', 'right', 'right', 'left', 'right', 'right'],
  );
  for (const { stage, answered, valid, repaired, outOfRange, invalid } of notable) {
    const reasons = [...invalid].map(([reason, count]) => `${reason} ${count}`).join(', ');
    const percent = answered > 0 ? ((answered - valid) / answered) * 100 : 0;
    rows.push([
      printable(stage),
      whole(valid),
      `${whole(answered - valid)} (${percent.toFixed(1)}%)`,
      reasons,
      repaired > 0 ? whole(repaired) : '',
      outOfRange > 0 ? whole(outOfRange) : '',
    ]);
  }
  return rows.toString();
}

export function spentLine(spent: Spent, configuration: CommonConfiguration): string {
  const { budget } = configuration;
  const of = (limit: number | null) => (limit === null ? '' : ` of ${whole(limit)}`);
  const cost = spentCost(spent, configuration);
  const usd =
    budget.usd === null ? costInUsd(cost) : `${costText(cost)} of ${money(budget.usd)} USD`;
  return `spent: ${whole(spent.requests)}${of(budget.requests)} requests, ${whole(spent.tokens)}${of(budget.tokens)} tokens, ${usd}`;
}
