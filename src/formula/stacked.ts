/**
 * Several linear predictors per row, of the mean and of other parameters, as one design: its row S i + s
 * is the linear predictor s of row i, of S in all, with zeros in the columns of the others. A part's
 * intercept is a column of ones. Category-specific effects, `cs(x)`, are a linear predictor for each threshold, `cs1`,
 * `cs2`, …, of the same columns.
 */
import type { DesignMatrix, Encoded, EncodedPart, GroupDesign, MemberDesign } from './design.js';
import { joinedByName } from './group-design.js';

/** Linear predictors of a row. */
export function predictorsPerRow({ parts = [] }: Pick<Encoded, 'parts'>): number {
  return 1 + parts.length;
}

/** brms' name of a coefficient of a parameter, without `b_`. */
export function nameInPart(parameter: string, name: string): string {
  return `${parameter}_${name}`;
}

interface Part {
  readonly parameter: string;
  readonly intercept: boolean;
  readonly encoded: Encoded;
}

/** A linear predictor as numbers. */
export interface EncodedTerms extends Encoded {
  /** The columns of `cs()`; null without any. */
  readonly specific: DesignMatrix | null;
}

/**
 * All linear predictors as one design; without parts, that of the mean in the same rows. Group terms with one name
 * are joined, within a formula and across formulas.
 *
 * @param thresholds number of thresholds, each of which the columns of `cs()` have effects on
 */
export function stacked(
  { specific, ...mean }: EncodedTerms,
  given: readonly Part[],
  thresholds = 0,
): Encoded {
  const parts = specific ? [...given, ...specificParts(mean, specific, thresholds)] : given;
  if (parts.length === 0) return { ...mean, groups: joinedByName(mean.groups) };
  const height = 1 + parts.length;
  const { rows } = mean;
  const columns = parts.map(withIntercept);
  let first = mean.population.names.length;
  const layout = parts.map(({ parameter, intercept }, p): EncodedPart => {
    const part = { parameter, intercept, first, columns: columns[p].names.length };
    first += part.columns;
    return part;
  });
  const offsets = [mean, ...parts.map(({ encoded }) => encoded)].map(({ offset }) => offset);
  return {
    rows,
    population: spread([mean.population, ...columns], rows),
    groups: joinedByName([
      ...mean.groups.map((group) => spreadGroup(group, height, 0)),
      ...parts.flatMap(({ parameter, encoded }, p) =>
        encoded.groups.map((group) => spreadGroup(group, height, p + 1, parameter)),
      ),
    ]),
    offset: offsets.every((offset) => offset === null)
      ? null
      : Float64Array.from(
          { length: height * rows },
          (_, at) => offsets[at % height]?.[Math.floor(at / height)] ?? 0,
        ),
    parts: layout,
    ...(mean.latents && { latents: mean.latents }),
  };
}

/** brms' `bcs_x[k]` are the coefficients of the linear predictor of this name. */
export function specificName(threshold: number): string {
  return `cs${threshold + 1}`;
}

function specificParts(
  { rows }: Pick<Encoded, 'rows'>,
  population: DesignMatrix,
  thresholds: number,
): Part[] {
  return Array.from({ length: thresholds }, (_, k) => ({
    parameter: specificName(k),
    intercept: false,
    encoded: { rows, population, groups: [], offset: null },
  }));
}

/** The columns of a part by its names, after one of ones if it has an intercept. */
function withIntercept({ parameter, intercept, encoded }: Part): DesignMatrix {
  const { names, rows, values } = encoded.population;
  const own = names.map((name) => nameInPart(parameter, name));
  if (!intercept) return { names: own, rows, values };
  const width = names.length + 1;
  const all = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    all[i * width] = 1;
    for (let j = 1; j < width; j++) all[i * width + j] = values[i * (width - 1) + j - 1];
  }
  return { names: [nameInPart(parameter, '(Intercept)'), ...own], rows, values: all };
}

function spread(matrices: readonly DesignMatrix[], rows: number): DesignMatrix {
  const names = matrices.flatMap((matrix) => matrix.names);
  const height = matrices.length;
  const values = new Float64Array(height * rows * names.length);
  let first = 0;
  matrices.forEach(({ names: own, values: from }, s) => {
    for (let i = 0; i < rows; i++) {
      const at = (height * i + s) * names.length + first;
      values.set(from.subarray(i * own.length, (i + 1) * own.length), at);
    }
    first += own.length;
  });
  return { names, rows: height * rows, values };
}

function spreadGroup(
  { matrix, levelOf, newLevels, further, ...group }: GroupDesign,
  height: number,
  place: number,
  parameter?: string,
): GroupDesign {
  const { names, rows, values } = matrix;
  const width = names.length;
  const spreadMember = (member: MemberDesign): MemberDesign => {
    const all = new Float64Array(height * rows * width);
    for (let i = 0; i < rows; i++) {
      all.set(member.values.subarray(i * width, (i + 1) * width), (height * i + place) * width);
    }
    return {
      values: all,
      levelOf: Int32Array.from(
        { length: height * rows },
        (_, at) => member.levelOf[Math.floor(at / height)],
      ),
      newLevels: new Map(
        [...member.newLevels].map(([row, level]) => [height * row + place, level]),
      ),
    };
  };
  const first = spreadMember({ values, levelOf, newLevels });
  return {
    ...group,
    matrix: {
      names: parameter === undefined ? names : names.map((name) => nameInPart(parameter, name)),
      rows: height * rows,
      values: first.values,
    },
    levelOf: first.levelOf,
    newLevels: first.newLevels,
    ...(further && { further: further.map(spreadMember) }),
    ...(parameter !== undefined && { parameters: names.map(() => parameter) }),
  };
}
