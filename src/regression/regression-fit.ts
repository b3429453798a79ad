/**
 * A fit with all that can be asked of it as methods: what `regression` returns. Each method is a
 * function of the plain data of the fit, in a file of its own.
 */
import type { Draws } from '../posterior/draws.js';
import { printable } from '../posterior/printable.js';
import type { Diagnostics } from '../posterior/summary.js';
import { bayesR2 } from './after/bayes-r2.js';
import { conditionalEffects } from './after/conditional-effects.js';
import { coef, fixef, ranef } from './after/effects.js';
import { fitJson } from './after/fit-json.js';
import { hypothesis } from './after/hypothesis.js';
import { etiOf, hdiOf, pdOf, ropeOf } from './after/intervals.js';
import { ppc } from './after/ppc.js';
import {
  fitted,
  linpred,
  posteriorEpred,
  posteriorLinpred,
  posteriorPredict,
  predict,
} from './after/predictions.js';
import { summaryOf } from './after/summary.js';
import { means, trends } from './after/trends.js';
import { looOf, waicOf } from './checks/criteria.js';
import { priorSensitivity } from './checks/prior-sensitivity.js';
import type { Fit } from './fit.js';
import type { FittedRegression } from './fitted-regression.js';
import { requireMethodOptions } from './method-options.js';

/** A function of a fit with the fit filled in. */
type Method<F> = F extends (fit: FittedRegression, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/** What a fit can be asked; the functions of the same names have the options. */
export interface FitMethods {
  /** Estimates, errors, HDIs, R-hat and ESS; prints as brms' `summary` does. */
  readonly summary: Method<typeof summaryOf>;
  /** Population-level coefficients. */
  readonly fixef: Method<typeof fixef>;
  /** Group effects, as deviations from the population's coefficients. */
  readonly ranef: Method<typeof ranef>;
  /** Coefficients of each level: the population's and the level's deviation together. */
  readonly coef: Method<typeof coef>;
  /** Highest-density intervals (bayestestR). */
  readonly hdi: Method<typeof hdiOf>;
  /** Equal-tailed intervals (bayestestR). */
  readonly eti: Method<typeof etiOf>;
  /** Probabilities of direction (bayestestR). */
  readonly pd: Method<typeof pdOf>;
  /** Shares inside the region of practical equivalence (bayestestR). */
  readonly rope: Method<typeof ropeOf>;
  /** Expected outcomes of each row, summarized. */
  readonly fitted: Method<typeof fitted>;
  /** Linear predictors of each row, summarized. */
  readonly linpred: Method<typeof linpred>;
  /** New outcomes of each row, summarized. */
  readonly predict: Method<typeof predict>;
  /** Draws of the linear predictor of each row. */
  readonly posteriorLinpred: Method<typeof posteriorLinpred>;
  /** Draws of the expected outcome of each row. */
  readonly posteriorEpred: Method<typeof posteriorEpred>;
  /** Draws of new outcomes of each row. */
  readonly posteriorPredict: Method<typeof posteriorPredict>;
  /** Posterior predictive check: outcomes that the model makes beside those that were seen. */
  readonly ppc: Method<typeof ppc>;
  /** What is predicted along each predictor, the others held (brms' `conditional_effects`). */
  readonly conditionalEffects: Method<typeof conditionalEffects>;
  /** Hypotheses about parameters, `x1 - x2 > 0` (brms' `hypothesis`). */
  readonly hypothesis: Method<typeof hypothesis>;
  /** Marginal trends and their contrasts (`emmeans::emtrends`). */
  readonly trends: Method<typeof trends>;
  /** Marginal means and their contrasts (`emmeans::emmeans`). */
  readonly means: Method<typeof means>;
  /** Leave-one-out cross-validation by Pareto-smoothed importance sampling. */
  readonly loo: Method<typeof looOf>;
  /** The widely applicable information criterion. */
  readonly waic: Method<typeof waicOf>;
  /** Bayesian R². */
  readonly r2: Method<typeof bayesR2>;
  /** How much prior and likelihood decide, by power-scaling. */
  readonly priorSensitivity: Method<typeof priorSensitivity>;
}

/** A fitted regression: plain data, and what can be asked of it. */
export interface RegressionFit<Changes = unknown> extends FittedRegression, FitMethods {
  readonly draws: Draws;
  readonly diagnostics: Diagnostics;
  /** 1 for each draw, chain after chain, whose transition diverged: what plots can mark. */
  readonly divergent: Uint8Array;
  /** What falls short of trust, with what to do about it; empty for a fit to be trusted. */
  readonly warnings: readonly string[];
  /** The same regression with another data set, formula, prior or setting: what is not given stays. */
  update(changes?: Changes): Promise<RegressionFit<Changes>>;
  /** The summary, printed. */
  toString(): string;
  /** What `weighbridge fit --json` writes of it, so that `JSON.stringify(fit)` is small. */
  toJSON(): Record<string, unknown>;
}

/** Gives a fit its methods; `update` is the business of whoever made it. */
export function withMethods<Changes>(
  data: FittedRegression,
  update: RegressionFit<Changes>['update'],
): RegressionFit<Changes> {
  const of = <F extends (fit: FittedRegression, ...rest: never[]) => unknown>(
    name: keyof FitMethods,
    f: F,
  ): Method<F> =>
    ((...rest: never[]) => {
      requireMethodOptions(name, rest);
      return f(data, ...rest);
    }) as Method<F>;
  const methods: FitMethods & Pick<RegressionFit<Changes>, 'update'> = {
    summary: of('summary', summaryOf),
    fixef: of('fixef', fixef),
    ranef: of('ranef', ranef),
    coef: of('coef', coef),
    hdi: of('hdi', hdiOf),
    eti: of('eti', etiOf),
    pd: of('pd', pdOf),
    rope: of('rope', ropeOf),
    fitted: of('fitted', fitted),
    linpred: of('linpred', linpred),
    predict: of('predict', predict),
    posteriorLinpred: of('posteriorLinpred', posteriorLinpred),
    posteriorEpred: of('posteriorEpred', posteriorEpred),
    posteriorPredict: of('posteriorPredict', posteriorPredict),
    ppc: of('ppc', ppc),
    conditionalEffects: of('conditionalEffects', conditionalEffects),
    hypothesis: of('hypothesis', hypothesis),
    trends: of('trends', trends),
    means: of('means', means),
    loo: of('loo', looOf),
    waic: of('waic', waicOf),
    r2: of('r2', bayesR2),
    priorSensitivity: of('priorSensitivity', priorSensitivity),
    update,
  };
  const { draws, diagnostics, warnings } = data.fit;
  const fit = { ...data };
  // What can be asked, and short ways to what is there, are not part of what is saved or posted.
  const toJSON = () => fitJson(data, { seconds: null, loo: null });
  const divergent = divergentDraws(data.fit);
  const hidden = { ...methods, draws, diagnostics, warnings, divergent, toJSON };
  for (const [name, value] of Object.entries(hidden)) {
    Object.defineProperty(fit, name, { value, enumerable: false });
  }
  return printable(fit as RegressionFit<Changes>, () => `${summaryOf(data)}`);
}

function divergentDraws({ draws, chains }: Fit): Uint8Array {
  const divergent = new Uint8Array(draws.chains * draws.drawsPerChain);
  chains.forEach(({ transitions }, chain) => {
    divergent.set(transitions.divergent, chain * draws.drawsPerChain);
  });
  return divergent;
}
