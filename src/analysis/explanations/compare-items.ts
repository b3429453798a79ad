/**
 * The analysis of per-item tables of explainers, task by task: how well each explainer does, the target
 * itself minus the others, what the vector and its alignment add, and what training examples are worth.
 */
import { didYouMean, listed } from '../../checks/names.js';
import { badArgument } from '../../checks/values.js';
import type { RegressionFit, SamplingOptions } from '../../regression/regression.js';
import { type ArmRow, isCrossed } from './item-counts.js';
import { compareExact, fitLines, fitMean, type ItemValue, type ScoreKind } from './item-fits.js';
import { type ArmRates, armRates } from './rates.js';
import { explainerName, type ItemRow, SELF, sizedName, unitOf, type Vector } from './read-items.js';
import { doublingsToMatch, minus } from './regressions.js';
import { type Explanation, groupBy } from './table.js';

/** Draws of a quantity, or why the tables cannot tell it, as a sentence. */
export type Told = { readonly draws: Float64Array } | { readonly why: string };

interface ExplainerScores {
  /** With its vector, if that is not the target's own: `other, vector aligned`. */
  readonly name: string;
  readonly items: number;
  readonly answers: number;
  readonly invalid: number;
  /** Mean score of the answers. */
  readonly observed: number;
  readonly accuracy: Told;
}

/** One explainer minus another on the same items. */
export interface Difference {
  readonly one: string;
  readonly other: string;
  readonly score: Told;
  /** Null for graded scores. */
  readonly logits: Float64Array | null;
}

interface Match {
  readonly explainer: string;
  /** Number of examples of self. */
  readonly n: number;
  /** How many examples the explainer needs, by draw; infinite where its line does not rise. */
  readonly needed: Float64Array;
}

export interface Efficiency {
  /** What a doubling of the training examples adds, in logits or in score. */
  readonly slopes: readonly { readonly explainer: string; readonly draws: Float64Array }[];
  readonly matches: readonly Match[];
}

export interface TaskComparison {
  readonly task: string;
  /** `exact`: all scores are 0 or 1. */
  readonly kind: ScoreKind;
  /** Number of training examples at which explainers are compared; null: none, or each its own. */
  readonly size: number | null;
  readonly explainers: readonly ExplainerScores[];
  readonly selfMinusOther: Told;
  /** Self minus self without the vector. */
  readonly vector: Told;
  /** Others with an aligned vector minus the same with the vector as it is. */
  readonly aligned: Told;
  /** Self minus others with an aligned vector. */
  readonly selfMinusAligned: Told;
  readonly differences: readonly Difference[];
  readonly efficiency: Efficiency | { readonly why: string };
  /** Whether explainers say rightly that the output changes; null without such columns. */
  readonly changed: readonly ArmRates[] | null;
  readonly fits: readonly { readonly name: string; readonly fit: RegressionFit }[];
  readonly notes: readonly string[];
}

export interface CompareOptions extends SamplingOptions {
  /** Names of the explainers that self is compared with. @default all others */
  readonly others?: readonly string[] | undefined;
  /** Whether a task gets lines along the number of training examples. @default all tasks do */
  readonly hasEfficiency?: (task: string) => boolean;
}

/**
 * Analyses the tasks one after another, in the order of their first rows.
 * @param rows of `readItems`
 * @throws WeighbridgeError `bad-argument` if `others` names an explainer that the rows do not have
 */
export async function compareItems(
  rows: readonly ItemRow[],
  { others, hasEfficiency = () => true, ...sampling }: CompareOptions = {},
): Promise<TaskComparison[]> {
  requireExplainers(rows, others);
  const found: TaskComparison[] = [];
  for (const [task, ofTask] of groupBy(rows, (row) => row.task)) {
    const lines = hasEfficiency(task) ? linedRows(ofTask, others ?? null) : null;
    found.push(await compareTask(task, ofTask, lines, others ?? null, sampling));
  }
  return found;
}

function requireExplainers(rows: readonly ItemRow[], others: readonly string[] = []): void {
  const known = [...new Set(rows.map(({ explainer }) => explainer))];
  const unknown = others.find((name) => !known.includes(name) || name === SELF);
  if (unknown === undefined) return;
  throw badArgument(
    `--other is '${unknown}'${didYouMean(unknown, known) || `, expected one of ${listed(known.filter((name) => name !== SELF))}`}`,
    { option: '--other', found: unknown },
  );
}

async function compareTask(
  task: string,
  rows: readonly ItemRow[],
  lined: readonly ArmRow[] | null,
  others: readonly string[] | null,
  sampling: SamplingOptions,
): Promise<TaskComparison> {
  const kind = rows.every(({ score }) => score === 0 || score === 1) ? 'exact' : 'graded';
  const chosen = armsOf(rows);
  const arms = armNames(chosen.rows);
  const scores =
    kind === 'exact'
      ? await exactScores(chosen.rows, arms, sampling)
      : new GradedScores(chosen.rows, sampling);
  const contrasts = await contrastsOf(chosen, arms, others, scores);
  const differences: Difference[] = [];
  for (const [one, other] of pairsOf(arms, chosen.areComparable)) {
    differences.push({ one, other, ...(await scores.difference(one, other)) });
  }
  const explainers: ExplainerScores[] = [];
  for (const name of arms) {
    const own = chosen.rows.filter(({ arm }) => arm === name);
    const sum = (of: (row: ItemRow) => number) => own.reduce((total, row) => total + of(row), 0);
    explainers.push({
      ...{ name, items: new Set(own.map(unitOf)).size, answers: sum(({ answers }) => answers) },
      ...{
        invalid: sum(({ invalid }) => invalid),
        observed: sum(({ score }) => score) / own.length,
      },
      accuracy: await scores.contrast([name], []),
    });
  }
  const efficiency = await efficiencyOf(lined, kind, sampling);
  return {
    ...{ task, kind, size: chosen.size, explainers, ...contrasts, differences },
    efficiency: efficiency.result,
    changed: changedRates(chosen.rows, sampling.seed ?? 1),
    fits: [...scores.fits, ...efficiency.fits],
    notes: [...new Set([...chosen.notes, ...scores.notes, ...efficiency.notes])],
  };
}

interface ChosenRows {
  readonly rows: readonly ArmRow[];
  readonly size: number | null;
  /** False if explainers have different numbers of training examples. */
  readonly areComparable: boolean;
  readonly notes: readonly string[];
}

/**
 * The rows at which explainers are compared: at the largest number of training examples that all trained
 * explainers share. One explainer alone is compared with itself at other numbers.
 */
function armsOf(rows: readonly ItemRow[]): ChosenRows {
  const byName = groupBy(rows, explainerName);
  if (byName.size === 1) {
    const sized = rows.map((row) => ({ ...row, arm: sizedName(row) }));
    return { rows: sized, size: null, areComparable: true, notes: [] };
  }
  const sizes = [...byName.values()].map(sizesOf).filter((own) => own.length > 0);
  const [first = []] = sizes;
  const shared = first.filter((n) => sizes.every((own) => own.includes(n)));
  const size = shared.length > 0 ? Math.max(...shared) : null;
  const chosen = [...byName].flatMap(([arm, own]) => {
    const trained = sizesOf(own);
    const at = trained.length > 0 ? (size ?? Math.max(...trained)) : null;
    return own.filter(({ n }) => at === null || n === at).map((row) => ({ ...row, arm }));
  });
  const areComparable = size !== null || sizes.length === 0;
  const several = sizes.some((own) => own.length > 1);
  return {
    ...{ rows: chosen, size, areComparable },
    notes: [
      ...(size !== null && several
        ? [
            `Explainers are compared at ${size} training examples, the largest number that all share.`,
          ]
        : []),
      ...(areComparable ? [] : [`${NOT_COMPARABLE} Each is shown at its largest number.`]),
    ],
  };
}

/** Numbers of training examples; none if it was not trained. */
function sizesOf(rows: readonly ItemRow[]): number[] {
  return [...new Set(rows.flatMap(({ n }) => (n === null || n === 0 ? [] : n)))];
}

const NOT_COMPARABLE = 'Explainers share no number of training examples (column n).';

/** Self first, then in order of first appearance. */
function armNames(rows: readonly ArmRow[]): string[] {
  const names = [...new Set(rows.map(({ arm }) => arm))];
  return [...names.filter((name) => name === SELF), ...names.filter((name) => name !== SELF)];
}

/** Beyond this number of explainers, without self, only the first is compared with each other. */
const MOST_PAIRED = 6;

/** What it adds to self that rotated vectors are rotated back. */
const SELF_ROTATED: [string, string] = [
  explainerName({ explainer: SELF, vector: 'aligned' }),
  explainerName({ explainer: SELF, vector: 'rotated' }),
];

/** Self with each other; without self, all pairs. */
function pairsOf(arms: readonly string[], areComparable: boolean): [string, string][] {
  if (!areComparable) return [];
  const [first] = arms;
  if (first === undefined) return [];
  if (first === SELF || arms.length > MOST_PAIRED) {
    const back = SELF_ROTATED.every((arm) => arms.includes(arm)) ? [SELF_ROTATED] : [];
    return [...arms.slice(1).map((other): [string, string] => [first, other]), ...back];
  }
  // The later minus the earlier: what is added to a baseline that comes first.
  return arms.flatMap((other, i) => arms.slice(i + 1).map((one): [string, string] => [one, other]));
}

/** Mean scores and their contrasts. */
interface Scores {
  readonly fits: { readonly name: string; readonly fit: RegressionFit }[];
  readonly notes: string[];
  /** The mean of some explainers minus the mean of others; without others, the mean. */
  contrast(plus: readonly string[], others: readonly string[]): Promise<Told>;
  difference(one: string, other: string): Promise<Pick<Difference, 'score' | 'logits'>>;
}

async function exactScores(
  rows: readonly ArmRow[],
  arms: readonly string[],
  sampling: SamplingOptions,
): Promise<Scores> {
  const { fit, accuracy, logits, notes } = await compareExact(rows, arms, sampling);
  const of = (from: ReadonlyMap<string, Float64Array>, arm: string) =>
    from.get(arm) ?? new Float64Array();
  const meanOf = (names: readonly string[]) =>
    of(accuracy, names[0] ?? '').map(
      (_, draw) =>
        names.reduce((sum, name) => sum + (of(accuracy, name)[draw] ?? Number.NaN), 0) /
        names.length,
    );
  const contrast = async (plus: readonly string[], others: readonly string[]) => ({
    draws: others.length === 0 ? meanOf(plus) : minus(meanOf(plus), meanOf(others)),
  });
  return {
    fits: [{ name: 'explainers', fit }],
    notes: [EXACT_NOTE, ...notes],
    contrast,
    difference: async (one, other) => ({
      score: await contrast([one], [other]),
      logits: minus(of(logits, one), of(logits, other)),
    }),
  };
}

const EXACT_NOTE =
  'Accuracy is the chance of a right answer, averaged over items like these by the draws of a Bernoulli regression with items as a group; differences are of the same items.';

const GRADED_NOTE =
  'Scores are graded: means and differences, taken item by item, are normal; scores keep their signs, and a difference is in units of the score.';

class GradedScores implements Scores {
  readonly fits: { readonly name: string; readonly fit: RegressionFit }[] = [];
  readonly notes = [GRADED_NOTE];
  private readonly known = new Map<string, Told>();

  constructor(
    private readonly rows: readonly ArmRow[],
    private readonly sampling: SamplingOptions,
  ) {}

  /** Each contrast is fitted once. */
  async contrast(plus: readonly string[], others: readonly string[]): Promise<Told> {
    const right = others.length === 0 ? '' : ` − ${others.join(', ')}`;
    const name = `${plus.join(', ')}${right}`;
    const known = this.known.get(name);
    if (known) return known;
    const told = await this.fitted(name, plus, others);
    this.known.set(name, told);
    return told;
  }

  private async fitted(
    name: string,
    plus: readonly string[],
    others: readonly string[],
  ): Promise<Told> {
    const { values, note } = pairedValues(this.rows, plus, others);
    if (values.length < 2) return { why: `Fewer than two items have scores of ${name}.` };
    const fit = await fitMean(values, this.sampling);
    if (fit === null) {
      return { why: `All values of ${name} are ${values[0]?.value}: the mean has no interval.` };
    }
    this.fits.push({ name, fit: fit.fit });
    this.notes.push(...fit.notes, ...note);
    return { draws: fit.draws };
  }

  async difference(one: string, other: string) {
    return { score: await this.contrast([one], [other]), logits: null };
  }
}

/**
 * One value for each item that has a score on both sides: the mean of the explainers there are. A value for
 * each seed if all sides have the same seeds; otherwise the mean over seeds. Where models explain several targets,
 * one value for each cluster of items of a target.
 */
function pairedValues(
  rows: readonly ArmRow[],
  plus: readonly string[],
  others: readonly string[],
): { readonly values: ItemValue[]; readonly note: string[] } {
  const used = rows.filter(({ arm }) => plus.includes(arm) || others.includes(arm));
  const crossed = isCrossed(rows);
  const seedsOf = [...plus, ...others].map((name) => [
    ...new Set(used.flatMap(({ arm, seed }) => (arm === name ? (seed ?? '') : []))),
  ]);
  const [first = []] = seedsOf;
  const bySeed =
    !crossed &&
    !first.includes('') &&
    seedsOf.every((seeds) => seeds.toSorted().join() === first.toSorted().join());
  const clusterOf = ({ target, cluster }: ArmRow) => JSON.stringify([target, cluster]);
  const values = [...groupBy(used, crossed ? clusterOf : unitOf).values()].flatMap((ofUnit) =>
    [...groupBy(ofUnit, ({ seed }) => (bySeed ? (seed ?? '') : '')).values()].flatMap(
      (group): ItemValue[] => {
        const [one, other] = [plus, others].map((names) => meanOfArms(group, names));
        const [row] = group;
        if (!row || one === null || one === undefined) return [];
        if (others.length > 0 && (other === null || other === undefined)) return [];
        const value = one - (other ?? 0);
        // A mean over models and items has none of them.
        if (crossed)
          return [{ value, row: { ...row, model: null, cluster: row.item }, seed: null }];
        return [{ value, row, seed: bySeed ? row.seed : null }];
      },
    ),
  );
  const isAveraged = crossed || (!bySeed && seedsOf.some((seeds) => seeds.length > 1));
  return { values, note: isAveraged ? [crossed ? CROSSED_NOTE : SEEDS_NOTE] : [] };
}

const SEEDS_NOTE =
  'Seeds of the explainers differ, so that scores are averaged over seeds, and intervals hold for these only.';

const CROSSED_NOTE =
  'Scores are averaged over items, models and seeds, for each cluster of a target, which count alike; the luck of models and seeds is a part of how targets differ.';

function meanOfArms(rows: readonly ArmRow[], names: readonly string[]): number | null {
  const means = names.flatMap((name) => {
    const own = rows.filter(({ arm }) => arm === name);
    return own.length === 0 ? [] : own.reduce((sum, { score }) => sum + score, 0) / own.length;
  });
  return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

type Contrasts = Pick<TaskComparison, 'selfMinusOther' | 'vector' | 'aligned' | 'selfMinusAligned'>;

async function contrastsOf(
  { rows, areComparable }: ChosenRows,
  arms: readonly string[],
  others: readonly string[] | null,
  scores: Scores,
): Promise<Contrasts> {
  const named = (vector: Vector) => [
    ...new Set(
      rows
        .filter((row) => row.vector === vector && row.explainer !== SELF)
        .filter(({ explainer }) => others === null || others.includes(explainer))
        .map(({ arm }) => arm),
    ),
  ];
  const [given, aligned] = [named('given'), named('aligned')];
  const asItIs = (arm: string) => arm.replace(/, vector aligned$/, '');
  const both = aligned.filter((arm) => given.includes(asItIs(arm)));
  const withoutVector = explainerName({ explainer: SELF, vector: 'none' });
  const told = async (
    plus: readonly string[],
    less: readonly string[],
    ...reasons: readonly (string | null)[]
  ) => {
    const why = [...reasons, areComparable ? null : NOT_COMPARABLE].find((one) => one !== null);
    return why === undefined ? scores.contrast(plus, less) : { why };
  };
  const unless = (isSo: boolean, why: string) => (isSo ? null : why);
  const needsSelf = unless(
    arms.includes(SELF),
    rows.some(({ explainer }) => explainer === SELF)
      ? 'There is one explainer: it is compared with itself at other numbers of examples.'
      : "No explainer is the target itself (its name, or 'self').",
  );
  const needsAligned = unless(
    aligned.length > 0,
    "No other explainer has rows with an aligned vector (column vector: 'aligned').",
  );
  return {
    selfMinusOther: await told(
      [SELF],
      given,
      needsSelf,
      unless(given.length > 0, 'No explainer is another than the target itself.'),
    ),
    vector: await told(
      [SELF],
      [withoutVector],
      needsSelf,
      unless(
        arms.includes(withoutVector),
        "The target itself has no rows without the vector (column vector: 'none').",
      ),
    ),
    aligned: await told(
      both,
      both.map(asItIs),
      needsAligned,
      unless(
        both.length > 0,
        'Explainers with an aligned vector have no rows with the vector as it is.',
      ),
    ),
    selfMinusAligned: await told([SELF], aligned, needsAligned, needsSelf),
  };
}

interface FoundEfficiency {
  readonly result: TaskComparison['efficiency'];
  readonly fits: Scores['fits'];
  readonly notes: readonly string[];
}

/** Rows of explainers with two sizes or more, with the vector as it is: self and others, or all if none are named. */
function linedRows(all: readonly ItemRow[], others: readonly string[] | null): ArmRow[] {
  const trained = all
    .filter(({ n, vector }) => n !== null && n > 0 && vector === 'given')
    .filter(({ explainer }) => others === null || explainer === SELF || others.includes(explainer));
  return [...groupBy(trained, explainerName)]
    .filter(([, own]) => sizesOf(own).length > 1)
    .flatMap(([arm, own]) => own.map((row) => ({ ...row, arm })));
}

/** @param rows null: not asked for */
async function efficiencyOf(
  rows: readonly ArmRow[] | null,
  kind: ScoreKind,
  sampling: SamplingOptions,
): Promise<FoundEfficiency> {
  if (rows === null) {
    return { result: { why: 'It was not asked for in this task.' }, fits: [], notes: [] };
  }
  if (rows.length === 0) {
    const why = 'No explainer has two numbers of training examples or more (column n).';
    return { result: { why }, fits: [], notes: [] };
  }
  const { fit, lines, centre, notes } = await fitLines(rows, kind, sampling);
  const self = lines.find(({ explainer }) => explainer === SELF);
  const largest = Math.max(...sizesOf(rows.filter(({ arm }) => arm === SELF)));
  const matches = lines.flatMap((line): Match[] => {
    if (!self || line === self) return [];
    const doublings = doublingsToMatch(self, line, Math.log2(largest) - centre);
    return [
      { explainer: line.explainer, n: largest, needed: doublings.map((by) => largest * 2 ** by) },
    ];
  });
  const slopes = lines.map(({ explainer, slope }) => ({ explainer, draws: slope }));
  return {
    result: { slopes, matches },
    fits: [{ name: 'training examples', fit }],
    notes: [
      'The number of training examples enters as its binary logarithm; the line holds between the smallest and the largest number.',
      ...notes.map((note) => `Along the number of training examples: ${note}`),
    ],
  };
}

/** Rates of saying rightly that the output changes; null if a row does not tell. */
function changedRates(rows: readonly ArmRow[], seed: number | string): ArmRates[] | null {
  if (rows.some(({ verdict }) => verdict === null)) return null;
  return armRates(
    rows.map(({ arm, cluster, seed: bank, verdict }): Explanation => {
      const measured = {
        ...{ item: cluster, target: '', withPart: 'before', effect: null },
        without: verdict?.changed ? 'after' : 'before',
      };
      const says = verdict?.says ?? null;
      return {
        ...{ target: '', explainer: arm, shots: 0, trainedOn: 0, measured },
        bank: bank === null ? null : `${arm}, ${bank}`,
        prediction: says === null ? null : { changed: says, answer: '' },
      };
    }),
    seed,
  );
}
