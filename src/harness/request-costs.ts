/** Costs of single requests of the paper's study, for plans of studies that do not exist yet. */
import { WeighbridgeError } from '../errors.js';
import { likelyTokens } from '../packs/self-interpretability/stages.js';
import type { Context } from '../study/context.js';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../study/prompts.js';
import { drawTrials, type Trial } from '../study/stimuli.js';
import { costOf, type Prices } from './client/spending.js';
import { estimateStudy } from './estimate-study.js';
import type { PlannedStudy } from './open-study.js';
import { estimatePromptTokens } from './prompt-tokens.js';

/** USD of one request. */
export interface RequestCosts {
  readonly choice: number;
  readonly report: number;
}

/** Mean costs over the contexts, at these prices. */
export function requestCosts(prices: Prices, contexts: readonly Context[]): RequestCosts {
  const trials = drawTrials(contexts, 1, 0);
  const mean = (cost: (trial: Trial) => number) =>
    trials.reduce((sum, trial) => sum + cost(trial), 0) / trials.length;
  const usd = (prompt: string, completionTokens: number) => {
    const messages = [
      { role: 'system', content: systemPrompt },
      { role: 'user', content: prompt },
    ] as const;
    return costOf(prices, { promptTokens: estimatePromptTokens(messages), completionTokens });
  };
  return {
    choice: mean((trial) => usd(decisionPrompt(trial.context, trial), likelyTokens.choice)),
    report: mean((trial) => {
      const { length } = trial.context.attributes;
      return usd(introspectionPrompt(trial.context, trial), likelyTokens.weight * length);
    }),
  };
}

/**
 * Mean costs over all requests of a study, its price book and its batches included.
 *
 * @throws WeighbridgeError `bad-configuration` if it has no choices and reports, or no prices
 */
export function studyRequestCosts({
  configuration,
  stages,
  folder,
}: Pick<PlannedStudy, 'configuration' | 'stages' | 'folder'>): RequestCosts {
  const estimates = estimateStudy({ configuration, stages, record: null });
  const mean = (kind: 'choices' | 'reports'): number => {
    const own = estimates.filter((stage) => stage.kind === kind);
    const requests = own.reduce((sum, stage) => sum + stage.requests, 0);
    if (requests === 0) {
      throw new WeighbridgeError(
        'bad-configuration',
        `${folder} has no stage of ${kind} as in the paper: expected a study of the pack self-interpretability`,
      );
    }
    if (own.some(({ usd }) => usd === null)) {
      throw new WeighbridgeError(
        'bad-configuration',
        `${folder}: a model has no prices in study.yaml: expected them, or prices given to the plan`,
      );
    }
    return own.reduce((sum, { usd }) => sum + (usd ?? 0), 0) / requests;
  };
  return { choice: mean('choices'), report: mean('reports') };
}
