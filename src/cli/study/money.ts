/** Money as text. A price that is not known is never shown as 0.00. */
import type { Spent } from '../../harness/client/spending.js';
import type { StageEstimate } from '../../harness/estimate-study.js';
import type { CommonConfiguration } from '../../packs/configuration/common.js';

/** A sum in USD; `isWhole` is false if a part of it has no known price. */
export interface Cost {
  readonly usd: number;
  readonly isWhole: boolean;
}

/** In USD, without the unit; null: not known. */
export function money(usd: number | null): string {
  if (usd === null) return 'unknown';
  return usd > 0 && usd < 0.005 ? '<0.01' : usd.toFixed(2);
}

/** In USD, without the unit: '1.20', 'at least 1.20', or 'unknown'. */
export function costText({ usd, isWhole }: Cost): string {
  if (isWhole) return money(usd);
  return usd > 0 ? `at least ${money(usd)}` : money(null);
}

/** '1.20 USD', 'at least 1.20 USD', or 'cost unknown'. */
export function costInUsd(cost: Cost): string {
  return cost.isWhole || cost.usd > 0 ? `${costText(cost)} USD` : 'cost unknown';
}

export function estimatedCost(stages: readonly StageEstimate[]): Cost {
  return {
    usd: stages.reduce((sum, stage) => sum + (stage.usd ?? 0), 0),
    isWhole: stages.every(({ usd }) => usd !== null),
  };
}

export function spentCost({ tokens, usd }: Spent, configuration: CommonConfiguration): Cost {
  return { usd, isWhole: tokens === 0 || unpricedModels(configuration).length === 0 };
}

export function unpricedModels({ models }: Pick<CommonConfiguration, 'models'>): string[] {
  return models.flatMap(({ name, prices }) => (prices === null ? [name] : []));
}
