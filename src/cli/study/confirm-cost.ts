/**
 * Asks before a run that costs much. On a terminal, a run whose estimate is above a sum, or not
 * known, is confirmed by a person. Without a terminal it is stopped only if the sum was given with
 * `--confirm-above`, so that scheduled runs work as they are.
 */
import { InvalidArgumentError } from 'commander';
import { WeighbridgeError } from '../../errors.js';
import { printable } from '../../harness/client/sanitize.js';
import type { StageEstimate } from '../../harness/estimate-study.js';
import type { RunningStudy } from '../../harness/open-study.js';
import { isLoopbackHost } from '../../http/listen.js';
import type { Ask } from '../ask.js';
import { type FlagValues, optionalFlag, switchFlag } from '../flags.js';
import { type Cost, costInUsd, estimatedCost, money, unpricedModels } from './money.js';
import { whole } from './tables.js';

/** In USD. */
const CONFIRM_ABOVE = 10;

export const costFlags = {
  confirmAbove: optionalFlag(
    '--confirm-above <usd>',
    `ask before a run whose estimated cost is above this sum or unknown; without a terminal, stop instead (default: ${CONFIRM_ABOVE}, on a terminal only)`,
    amount,
  ),
  yes: switchFlag('--yes', 'run without the question about the cost'),
};

export type CostFlags = FlagValues<typeof costFlags>;

interface Means {
  /** Null without a terminal. */
  readonly ask: Ask | null;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** @throws WeighbridgeError `budget` if the cost is too high and is not confirmed */
export async function requireCostConfirmed(
  study: Pick<RunningStudy, 'configuration' | 'spending'>,
  stages: readonly StageEstimate[],
  { confirmAbove, yes = false }: Partial<CostFlags>,
  { ask, note, signal }: Means,
): Promise<void> {
  const { server } = study.configuration;
  const requests = stages.reduce((sum, stage) => sum + stage.requests, 0);
  const tokens = stages.reduce((sum, stage) => sum + stage.inputTokens + stage.outputTokens, 0);
  const cost = costToCome(study, stages);
  const isFree = !cost.isWhole && cost.usd === 0 && isLoopbackHost(new URL(server.baseUrl).host);
  if (tokens === 0 || isFree) return;
  note(`estimated: ${whole(requests)} requests, ${whole(tokens)} tokens, ${costInUsd(cost)}`);
  const limit = confirmAbove ?? CONFIRM_ABOVE;
  if (yes || (cost.isWhole && cost.usd <= limit)) return;
  const problem = problemOf(cost, limit, unpricedModels(study.configuration));
  if (ask) {
    if (await ask(`${problem}. Run it?`, signal)) return;
    if (signal.aborted) throw signal.reason;
    throw refused(`${problem}: not confirmed, and nothing was sent`);
  }
  if (confirmAbove === undefined) return;
  throw refused(`${problem}, and there is no terminal to ask on: add --yes to run it`);
}

/** The estimate, or what is left of the budget if that is less. */
function costToCome(
  { configuration: { budget }, spending }: Pick<RunningStudy, 'configuration' | 'spending'>,
  stages: readonly StageEstimate[],
): Cost {
  const estimate = estimatedCost(stages);
  if (budget.usd === null) return estimate;
  const left = Math.max(0, budget.usd - spending.spent().usd);
  return { ...estimate, usd: Math.min(estimate.usd, left) };
}

function problemOf(cost: Cost, limit: number, unpriced: readonly string[]): string {
  if (cost.usd > limit) {
    return `the run is estimated at ${costInUsd(cost)}, more than ${money(limit)}`;
  }
  const names = printable(unpriced.join(', '));
  return `the cost of the run is ${cost.usd > 0 ? costInUsd(cost) : 'unknown'}, because study.yaml has no prices of ${names} (0 for a model that is free)`;
}

function refused(message: string): WeighbridgeError {
  return new WeighbridgeError('budget', message);
}

function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('expected a sum in USD, such as 25.');
  }
  return value;
}
