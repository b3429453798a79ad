/**
 * Causal weights: what an attribute does to the choices in which it is, measured by making both options
 * equal on it (the ablation of Li et al. 2025, arXiv 2511.08579, in the choices of Plunkett et al. 2025),
 * beside the learned weights of a regression and the reported ones.
 *
 * A learned weight is a slope over choices that differ in all attributes at once; a causal weight
 * compares each choice with itself. They differ where attributes act together.
 */
import type { FitResult } from '../fit/job.js';
import { runHere } from '../fit/run.js';
import type { SamplingOptions } from '../regression/regression.js';
import { settingsAmong } from '../sampler/settings.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import { normalizedDifferences } from '../study/context.js';
import { type Correlation, correlationOf, pairWeights } from './correlations.js';
import { groupByContext, learnedWeights } from './learned-weights.js';
import { type Pooling, weightPlan } from './pooled-weights.js';
import { meanReports, standardizeTable, type WeightTable } from './reported-weights.js';
import { scaleWeights } from './standardize.js';

/** A choice, and the same choice with both options equal on one attribute. */
export interface AblatedChoice {
  readonly attribute: number;
  readonly choice: Choice;
  readonly without: Choice;
}

/** How the effects of removals were measured. */
type EffectScale = 'log-odds' | 'choices';

interface CausalWeights {
  readonly scale: EffectScale;
  /** By context; the attributes in order. */
  readonly weights: WeightTable;
  /** Share of the choices that became another when the attribute was removed, by context. */
  readonly flipped: WeightTable;
}

/**
 * The causal weight of each attribute. With the probabilities of all choices: the slope through 0 of
 * the change of the log-odds of A on the normalized difference that was removed, in logits a range, the
 * unit of a learned weight. Without: the mean change of the choice towards the option that was better
 * on the attribute, from −1 to 1.
 */
export function causalWeights(
  ablated: readonly AblatedChoice[],
  contexts: ReadonlyMap<string, Context>,
): CausalWeights {
  const graded = ablated.every(
    ({ choice, without }) => isGraded(choice.probabilityA) && isGraded(without.probabilityA),
  );
  const weights = new Map<string, number[]>();
  const flipped = new Map<string, number[]>();
  for (const [name, context] of contexts) {
    const ofContext = ablated.filter(({ choice }) => choice.context === name);
    if (ofContext.length === 0) continue;
    const each = context.attributes.map((_, attribute) =>
      ofContext
        .filter((one) => one.attribute === attribute)
        .map((one) => ({ ...one, d: normalizedDifferences(context, one.choice)[attribute] ?? 0 })),
    );
    weights.set(name, each.map(graded ? slopeOfLogOdds : meanTurn));
    flipped.set(
      name,
      each.map((rows) => share(rows, ({ choice, without }) => choice.choseA !== without.choseA)),
    );
  }
  return { scale: graded ? 'log-odds' : 'choices', weights, flipped };
}

interface Removed extends AblatedChoice {
  /** The normalized difference that was removed. */
  readonly d: number;
}

/** A probability of exactly 0 or 1 has no log-odds. */
function isGraded(probability: number | undefined): boolean {
  return probability !== undefined && probability > 0 && probability < 1;
}

function slopeOfLogOdds(rows: readonly Removed[]): number {
  const change = ({ choice, without }: Removed) => logOdds(choice) - logOdds(without);
  const products = rows.reduce((sum, row) => sum + row.d * change(row), 0);
  const squares = rows.reduce((sum, { d }) => sum + d * d, 0);
  return squares > 0 ? products / squares : 0;
}

function logOdds({ probabilityA = Number.NaN }: Choice): number {
  return Math.log(probabilityA / (1 - probabilityA));
}

function meanTurn(rows: readonly Removed[]): number {
  const turns = rows.map(
    ({ d, choice, without }) => Math.sign(d) * (Number(choice.choseA) - Number(without.choseA)),
  );
  return turns.reduce((sum, turn) => sum + turn, 0) / Math.max(1, turns.length);
}

function share<T>(rows: readonly T[], holds: (row: T) => boolean): number {
  return rows.filter(holds).length / Math.max(1, rows.length);
}

/** The three weights of a model's attributes, and their correlations as the paper estimates them. */
interface WeightBridge {
  readonly causal: CausalWeights;
  /** On the paper's scale: the largest of a context is ±100. */
  readonly learned: WeightTable;
  /** Means over reports. */
  readonly reported: WeightTable;
  /** Over contexts and attributes, causal and learned weights on the paper's scale. Null if a table does not vary, or there are fewer than three pairs. */
  readonly correlations: Readonly<
    Record<'causalVsLearned' | 'causalVsReported' | 'learnedVsReported', Correlation | null>
  >;
  /** One line per fit with insufficient diagnostics. */
  readonly warnings: readonly string[];
}

/**
 * @param data `choices` with all attributes, for the learned weights; `ablated` pairs; `reports`
 * @param name of the model, for the names of the fits
 * @param pooling of the learned weights, over the contexts
 */
export async function weightBridge(
  name: string,
  data: {
    readonly contexts: ReadonlyMap<string, Context>;
    readonly choices: readonly Choice[];
    readonly ablated: readonly AblatedChoice[];
    readonly reports: readonly WeightReport[];
  },
  sampling: SamplingOptions = {},
  pooling: Pooling = 'none',
): Promise<WeightBridge> {
  const { runner = runHere, onProgress, signal } = sampling;
  const settings = settingsAmong(sampling);
  const groups = groupByContext(data.choices, data.contexts);
  const plan = weightPlan(`${name}/learned`, groups, pooling);
  const results = await runner(plan.jobs, settings, { onProgress, signal });
  const fits = plan.read(new Map(results.map((fit) => [fit.name, fit])));
  const causal = causalWeights(data.ablated, data.contexts);
  const learned = new Map(
    groups.flatMap((group, i) => {
      const fit = fits[i];
      return fit ? [[group.context.name, learnedWeights(group, fit).scaled] as const] : [];
    }),
  );
  const reported = meanReports(data.reports);
  const scaled = new Map([...causal.weights].map(([one, weights]) => [one, scaleWeights(weights)]));
  const tables = { causal: scaled, learned, reported };
  const warnings = fits.flatMap((fit) => warningsOf(fit));
  const between = (one: keyof typeof tables, other: keyof typeof tables) =>
    correlationBetween(tables[one], tables[other]);
  return {
    ...{ causal, learned, reported },
    correlations: {
      causalVsLearned: between('causal', 'learned'),
      causalVsReported: between('causal', 'reported'),
      learnedVsReported: between('learned', 'reported'),
    },
    warnings,
  };
}

function warningsOf({ name, warnings }: FitResult): string[] {
  return warnings.map((warning) => `${name}: ${warning}`);
}

function correlationBetween(one: WeightTable, other: WeightTable): Correlation | null {
  if (!varies(one) || !varies(other)) return null;
  const pairs = pairWeights(standardizeTable(one), standardizeTable(other));
  return pairs.weights.length < 3 ? null : correlationOf(pairs);
}

function varies(table: WeightTable): boolean {
  return new Set([...table.values()].flat()).size > 1;
}
