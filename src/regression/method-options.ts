/**
 * Which options each method of a fit takes, so that others are refused by name. The compiler holds
 * the lists against the options' types: none is missing and none is too many.
 */
import { requireNames } from './check-options.js';
import type { FitMethods } from './regression-fit.js';

/** Of a method's last argument. */
type OptionNames<Name extends keyof FitMethods> =
  Required<Parameters<FitMethods[Name]>> extends [...unknown[], infer Options]
    ? Readonly<Record<keyof Options, true>>
    : Readonly<Record<string, never>>;

const summarized = { prob: true, robust: true } as const;
const chosen = { parameters: true } as const;
const predictor = { draws: true, groups: true, newLevels: true, seed: true } as const;
const predicted = { data: true, ...predictor } as const;
const marginal = { by: true, at: true, prob: true } as const;

const names: { readonly [Name in keyof FitMethods]: OptionNames<Name> } = {
  summary: summarized,
  fixef: summarized,
  ranef: summarized,
  coef: summarized,
  hdi: { prob: true, ...chosen },
  eti: { prob: true, ...chosen },
  pd: { reference: true, ...chosen },
  rope: { range: true, prob: true, interval: true, ...chosen },
  fitted: { ...predicted, ...summarized, scale: true },
  linpred: { ...predicted, ...summarized },
  predict: { ...predicted, ...summarized },
  posteriorLinpred: predicted,
  posteriorEpred: predicted,
  posteriorPredict: predicted,
  ppc: { draws: true, groups: true, seed: true, replications: true, prob: true },
  conditionalEffects: {
    conditions: true,
    method: true,
    ...summarized,
    resolution: true,
    ...predictor,
  },
  hypothesis: { class: true, group: true, alpha: true, robust: true },
  trends: { of: true, ...marginal },
  means: { ...marginal, scale: true },
  loo: {},
  waic: {},
  r2: { ...summarized, draws: true, groups: true },
  priorSensitivity: { parameters: true, threshold: true },
};

/** What these are asked about comes before their options. */
const withSubject: readonly string[] = ['conditionalEffects', 'hypothesis'];

/**
 * @param given all arguments of a call
 * @throws WeighbridgeError `bad-argument` for options that are no record, or that there are not
 */
export function requireMethodOptions(method: keyof FitMethods, given: readonly unknown[]): void {
  const options = given[withSubject.includes(method) ? 1 : 0];
  if (options !== undefined) requireNames(options, Object.keys(names[method]), method);
}
