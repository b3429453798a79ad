/**
 * Latent correlations: the correlation of weights with reports when both are measured with error, by
 * the joint model of choices and reports (models/latent-correlation.ts). One fit for each comparison of
 * the paper. For the effect of training one fit for each base model and setting, in which the reports
 * before and after training read the same weights:
 *
 *     effect = mean over base models of rho_after − rho_before.
 */
import { type ChoiceRow, jointData, type ReportRow } from '../correlation/joint-data.js';
import {
  type CorrelationEstimate,
  estimateOf,
  rhoName,
} from '../correlation/latent-correlation.js';
import { isWeighbridgeError } from '../errors.js';
import { parameterOf } from '../fit/fit.js';
import { type FitResult, requireDraws } from '../fit/job.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { normalizedDifferences } from '../study/context.js';
import type { Setting, Study } from '../study/study.js';
import {
  bothSettings,
  type ChoiceWeighing,
  choiceOutcome,
  type FitsByName,
  fitNamed,
  type ModelWeights,
  type PlannedFit,
} from './learned-weights.js';

type MedianEstimate = Pick<CorrelationEstimate, 'median' | 'hdi' | 'hdiMcse'>;

/** rho_after − rho_before, averaged over base models with equal weight. */
export interface LatentEffect extends MedianEstimate {
  /** The same on Fisher's z = atanh(rho). */
  readonly fisherZ: MedianEstimate;
}

type LatentRho = Pick<CorrelationEstimate, 'mean' | 'sd' | 'hdi' | 'hdiMcse'>;

export interface LatentSet {
  /** rho of each comparison, keyed as the correlations; those that cannot be fitted are left out. */
  readonly correlations: ReadonlyMap<string, LatentRho>;
  /** null if a base model has no fit with reports before and after training. */
  readonly effects: Readonly<Record<Setting, LatentEffect | null>>;
  /** One line for each thing left out or taken as exact. */
  readonly notes: readonly string[];
}

/** The joint fits, and a function that reads their results. */
interface LatentPlan {
  readonly fits: readonly PlannedFit[];
  read(fits: FitsByName): LatentSet;
}

interface LatentOptions {
  readonly weighChoices: ChoiceWeighing;
  /** Comparisons and effects of training are left out for these models. */
  readonly neverTrained: readonly string[];
}

type ModelData = Pick<ModelWeights, 'record' | 'groups'>;

export function latentPlan(
  models: readonly ModelData[],
  study: Pick<Study, 'targets'>,
  { weighChoices, neverTrained }: LatentOptions,
): LatentPlan {
  const notes = new Set<string>();
  const planned = models.flatMap((model) =>
    bothSettings.map((setting) =>
      settingFits(model, setting, reportsOf(model, setting, study), {
        weighChoices,
        trained: !neverTrained.includes(model.record.name),
        note: (line) => notes.add(line),
      }),
    ),
  );
  const comparisons = planned.flatMap((one) => one.comparisons);
  const effects = (setting: Setting) => planned.filter((one) => one.setting === setting);
  for (const { effect, setting, model } of planned) {
    if (effect || neverTrained.includes(model)) continue;
    notes.add(`latent effect of training, ${setting}: left out, as there is no fit for ${model}`);
  }
  return {
    fits: [...comparisons, ...planned.flatMap(({ effect }) => effect ?? [])],
    read: (fits) => ({
      correlations: new Map(
        comparisons.map(({ key, job }) => [key, rhoOf(fitNamed(fits, job.name))]),
      ),
      effects: {
        instilled: effectOf(effects('instilled'), fits),
        native: effectOf(effects('native'), fits),
      },
      notes: [...notes],
    }),
  };
}

function rhoOf(fit: FitResult): LatentRho {
  const { mean, sd, hdi, hdiMcse } = parameterOf(fit, 'rho');
  return { mean, sd, hdi, hdiMcse };
}

/** The fit of one comparison; the key is that of the correlation. */
interface LatentComparison extends PlannedFit {
  readonly key: string;
}

/** The fits of one base model in one setting. */
interface SettingFits {
  readonly model: string;
  readonly setting: Setting;
  readonly comparisons: readonly LatentComparison[];
  /** The fit with the reports before and after training; null if there is none. */
  readonly effect: PlannedFit | null;
}

/** Names of the reporting models before and after introspection training. */
const BEFORE = 'reports';
const AFTER = 'trained_reports';

/** Reports by the comparison's name, its last part as the name of the reporting model. */
interface ReportsOf {
  /** The comparison's name after the model's: `instilled/reports`. */
  readonly what: string;
  readonly name: string;
  readonly rows: readonly ReportRow[];
  /** True for values that are known without error. */
  readonly exact?: boolean;
}

/** In the order of the correlations. The two halves of introspection training are one reporting model. */
function reportsOf(
  { record, groups }: ModelData,
  setting: Setting,
  { targets }: Pick<Study, 'targets'>,
): ReportsOf[] {
  const under = (name: string, rows: readonly ReportRow[]): ReportsOf => ({
    what: `${setting}/${name}`,
    name,
    rows,
  });
  if (setting === 'native') {
    return [under(BEFORE, record.nativeReports), under(AFTER, record.nativeTrainedReports)];
  }
  const targetRows = groups.instilled.flatMap(({ context: { name } }) => {
    const weights = targets.get(name);
    return weights ? [{ context: name, weights }] : [];
  });
  return [
    { what: 'learned_vs_target', name: 'target_weights', rows: targetRows, exact: true },
    under(BEFORE, record.instilledReports),
    under('off_the_shelf_reports', record.offTheShelfReports),
    under(AFTER, [...record.firstHalfTrainedReports, ...record.lastHalfTrainedReports]),
  ];
}

interface SettingOptions {
  readonly weighChoices: ChoiceWeighing;
  readonly trained: boolean;
  readonly note: (line: string) => void;
}

function settingFits(
  { record: { name: model }, groups }: ModelData,
  setting: Setting,
  reports: readonly ReportsOf[],
  { weighChoices, trained, note }: SettingOptions,
): SettingFits {
  const choices = groups[setting].flatMap(({ context, choices: made }) =>
    made.map(
      (choice): ChoiceRow => ({
        context: context.name,
        differences: normalizedDifferences(context, choice),
        choseA: choiceOutcome(choice, weighChoices),
      }),
    ),
  );
  const specificationOf = (used: readonly ReportsOf[]) => {
    try {
      const { specification, notes } = jointData({
        choices,
        reports: Object.fromEntries(used.map(({ name, rows }) => [name, rows])),
        ...(used.some(({ exact }) => exact) && { reportSd: 0 }),
      });
      for (const line of notes) note(`${model}/${setting}: ${line}`);
      return specification;
    } catch (error) {
      const cannotBeFitted =
        isWeighbridgeError(error, 'bad-data') || isWeighbridgeError(error, 'improper-posterior');
      if (!cannotBeFitted) throw error;
      note(`${model}/${setting}: no latent correlation: ${error.message}`);
      return null;
    }
  };
  const used = reports.filter(({ name }) => trained || name !== AFTER);
  const comparisons = used.flatMap((one): LatentComparison[] => {
    const specification = specificationOf([one]);
    const key = `${model}/${one.what}`;
    if (!specification) return [];
    return [
      {
        key,
        job: { name: `latent/${key}`, specification },
        subject: { kind: 'correlation', model, setting },
      },
    ];
  });
  const pair = used.filter(({ name }) => name === BEFORE || name === AFTER);
  const fitted = pair.filter(({ what }) =>
    comparisons.some(({ key }) => key === `${model}/${what}`),
  );
  const specification = fitted.length === 2 ? specificationOf(fitted) : null;
  const effect: PlannedFit | null = specification && {
    job: { name: `latent/effect/${model}/${setting}`, specification, keepDraws: true },
    subject: { kind: 'effect', model, setting },
  };
  return { model, setting, comparisons, effect };
}

/** The mean over base models at every draw; their fits are independent. */
function effectOf(models: readonly SettingFits[], fits: FitsByName): LatentEffect | null {
  const draws = models.flatMap(({ effect }) =>
    effect ? [requireDraws(fitNamed(fits, effect.job.name))] : [],
  );
  if (draws.length === 0 || draws.length < models.length) return null;
  const estimate = (scale: (rho: number) => number) => {
    const [first = new Float64Array(), ...others] = draws.map((one) => increases(one, scale));
    const sum = (draw: number) => others.reduce((all, one) => all + (one[draw] ?? 0), 0);
    return estimateOf(
      first.map((value, draw) => (value + sum(draw)) / draws.length),
      { chains: draws[0]?.chains ?? 1 },
    );
  };
  return { ...estimate((rho) => rho), fisherZ: estimate(Math.atanh) };
}

/** The increase of rho by training at every draw. */
function increases(draws: Draws, scale: (rho: number) => number): Float64Array {
  const before = parameterDraws(draws, rhoName(BEFORE, 2));
  return parameterDraws(draws, rhoName(AFTER, 2)).map(
    (rho, draw) => scale(rho) - scale(before[draw] ?? 0),
  );
}
