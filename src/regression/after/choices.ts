/**
 * What is said of choices: the probability of each option of a set, choices that are drawn, shares of kinds of
 * options, and trade-offs between their attributes.
 */
import { drawnOption, toShares } from '../../../models/families/conditional-logit.js';
import { type Cells, traitsOf } from '../../../models/families/family.js';
import { quickStream } from '../../random/quick-stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import type { PreparedRows, RowWriter } from './predictions.js';

/** True for a regression of choices among the options of sets. */
export function isChoice({ specification }: Pick<FittedRegression, 'specification'>): boolean {
  return traitsOf(specification.family).outcome === 'choice';
}

/** The probabilities of the options of a row's set, row-major (option, draw), and the row's place among them. */
type SetShares = (row: number) => { readonly shares: Float64Array; readonly place: number };

function sharesBySet({ predictor, sets }: PreparedRows): SetShares {
  const { of, rowsOf } = requireSets(sets());
  const draws = predictor.drawsUsed.length;
  let known = -1;
  let shares = new Float64Array();
  return (row) => {
    const rows = rowsOf[of[row]];
    if (of[row] !== known) {
      known = of[row];
      shares = new Float64Array(rows.length * draws);
      rows.forEach((option, k) => {
        predictor.eta(option, shares.subarray(k * draws, (k + 1) * draws));
      });
      softmaxByDraw(shares, rows.length, draws);
    }
    return { shares, place: rows.indexOf(row) };
  };
}

function requireSets(sets: Cells | null): { of: Int32Array; rowsOf: readonly number[][] } {
  if (sets === null) throw new RangeError('choices without choice sets');
  const rowsOf = Array.from({ length: sets.count }, (): number[] => []);
  sets.of.forEach((set, row) => {
    rowsOf[set].push(row);
  });
  return { of: sets.of, rowsOf };
}

/** @param values row-major (option, draw) */
function softmaxByDraw(values: Float64Array, options: number, draws: number): void {
  const one = new Float64Array(options);
  for (let s = 0; s < draws; s++) {
    for (let k = 0; k < options; k++) one[k] = values[k * draws + s];
    toShares(one);
    for (let k = 0; k < options; k++) values[k * draws + s] = one[k];
  }
}

/** The probability that each option is chosen first. */
export function choiceShares(prepared: PreparedRows): RowWriter {
  const sharesOf = sharesBySet(prepared);
  return (row, target) => {
    const { shares, place } = sharesOf(row);
    const start = place * target.length;
    target.set(shares.subarray(start, start + target.length));
  };
}

/** 1 for the option that is drawn, 0 for the others. The same seed draws the same choice of a set. */
export function simulatedChoices(prepared: PreparedRows): RowWriter {
  const { of, rowsOf } = requireSets(prepared.sets());
  const sharesOf = sharesBySet(prepared);
  const draws = prepared.predictor.drawsUsed.length;
  const drawn = new Int32Array(draws);
  let known = -1;
  return (row, target) => {
    const { shares, place } = sharesOf(row);
    if (of[row] !== known) {
      known = of[row];
      const random = quickStream(prepared.seed, 'predict', rowsOf[known][0]);
      const one = new Float64Array(rowsOf[known].length);
      for (let s = 0; s < draws; s++) {
        for (let k = 0; k < one.length; k++) one[k] = shares[k * draws + s];
        drawn[s] = drawnOption(one, random);
      }
    }
    for (let s = 0; s < draws; s++) {
      const isKnown = shares[place * draws + s] >= 0;
      target[s] = isKnown ? Number(drawn[s] === place) : Number.NaN;
    }
  };
}
