/** The comparisons of weights with reports in the paper and in its Appendix D. */
import type { Setting, Study } from '../study/study.js';
import { type Pairs, pairWeights } from './correlations.js';
import type { LearnedWeights, ModelWeights } from './learned-weights.js';
import { standardizeTable, type WeightTable } from './reported-weights.js';
import { correlation } from './standardize.js';

/**
 * Every context has a weight of +100 or −100 by construction. Appendix D describes leaving out
 * both; its published figure results from leaving out only those of +100.
 */
export type LargestWeights = 'plus_and_minus_100' | 'plus_100';

/** One correlation to estimate, with the weights before standardization. */
export interface Comparison {
  /** `MODEL/COMPARISON`. */
  readonly key: string;
  readonly model: string;
  readonly setting: Setting;
  readonly weights: WeightTable;
  readonly reports: WeightTable;
  readonly scaledWeights: WeightTable;
  readonly pairs: Pairs;
}

function comparison(
  of: Pick<Comparison, 'model' | 'setting' | 'scaledWeights' | 'weights'> & { what: string },
  reports: WeightTable,
): Comparison {
  const { what, ...rest } = of;
  const key = `${rest.model}/${what}`;
  return { ...rest, key, reports, pairs: pairWeights(rest.weights, reports) };
}

/** The same comparison without the attributes with the largest weights. */
export function without(largest: LargestWeights, full: Comparison): Comparison {
  const keep = (context: string, attribute: number) => {
    const weight = full.scaledWeights.get(context)?.[attribute] ?? 0;
    return weight !== 100 && (largest === 'plus_100' || weight !== -100);
  };
  return { ...full, pairs: pairWeights(full.weights, full.reports, keep) };
}

export function largestChange(largest: LargestWeights, comparisons: readonly Comparison[]): number {
  const r = ({ pairs }: Comparison) => correlation(pairs.reports, pairs.weights);
  return Math.max(...comparisons.map((one) => Math.abs(r(without(largest, one)) - r(one))));
}

function scaledTable(weights: readonly LearnedWeights[]): WeightTable {
  return new Map(weights.map(({ context, scaled }) => [context.name, scaled]));
}

/** Target weights of the contexts with instilled preferences. */
function targetTable({ weights }: ModelWeights, { targets }: Study): WeightTable {
  return new Map(
    weights.instilled.map(({ context }) => [context.name, targets.get(context.name) ?? []]),
  );
}

export function comparisonsOf(model: ModelWeights, study: Study): Comparison[] {
  const { record, reports } = model;
  const against = (setting: Setting) => {
    const scaledWeights = scaledTable(model.weights[setting]);
    const weights = standardizeTable(scaledWeights);
    return (what: string, of: WeightTable) =>
      comparison({ model: record.name, setting, scaledWeights, weights, what }, of);
  };
  const instilled = against('instilled');
  const native = against('native');
  return [
    instilled('learned_vs_target', standardizeTable(targetTable(model, study))),
    instilled('instilled/reports', reports.instilled),
    instilled('instilled/off_the_shelf_reports', reports.offTheShelf),
    instilled('instilled/trained_reports', reports.instilledTrained),
    native('native/reports', reports.native),
    native('native/trained_reports', reports.nativeTrained),
  ];
}

/** Appendix D: reports against target weights, before and after introspection training. */
export function targetComparisonsOf(model: ModelWeights, study: Study): Comparison[] {
  const { record, reports } = model;
  const scaledWeights = targetTable(model, study);
  const targets = {
    model: record.name,
    setting: 'instilled',
    scaledWeights,
    weights: standardizeTable(scaledWeights),
  } as const;
  return [
    comparison({ ...targets, what: 'before' }, reports.instilled),
    comparison({ ...targets, what: 'after' }, reports.instilledTrained),
  ];
}
