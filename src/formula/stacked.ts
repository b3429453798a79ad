/**
 * Several linear predictors per row, of the mean and of other parameters, as one design: its row S i + s
 * is the linear predictor s of row i, of S in all, with zeros in the columns of the others. A part's
 * intercept is a column of ones. Category-specific effects, `cs(x)`, are a linear predictor for each threshold, `cs1`,
 * `cs2`, …, of the same columns.
 */
import type {
  DesignMatrix,
  Encoded,
  EncodedPart,
  EncodedPredictor,
  GroupDesign,
  MemberDesign,
  SpecialColumns,
  TermDesign,
} from './design.js';
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
  readonly encoded: EncodedPredictor;
}

/** A linear predictor as numbers. */
export interface EncodedTerms extends EncodedPredictor {
  /** The columns of `cs()`; null without any. */
  readonly specific: DesignMatrix | null;
}

/**
 * All linear predictors as one design, with the columns of special terms after all others; without parts, that of
 * the mean in the same rows. Group terms with one name are joined, within a formula and across formulas.
 *
 * @param thresholds number of thresholds, each of which the columns of `cs()` have effects on
 */
export function stacked(
  { specific, ...mean }: EncodedTerms,
  given: readonly Part[],
  thresholds = 0,
): Encoded {
  const parts = specific ? [...given, ...specificParts(mean, specific, thresholds)] : given;
  const special = [mean.special, ...parts.map(({ encoded }) => encoded.special)].flatMap((all, s) =>
    all.map((one) => placedTerm(one, s, mean.rows, parts[s - 1]?.parameter)),
  );
  const terms = special.length > 0 ? { terms: special.map(({ term }) => term) } : {};
  if (parts.length === 0) {
    const { special: _, ...own } = mean;
    const rest = { ...own, groups: joinedByName(mean.groups) };
    if (special.length === 0) return rest;
    const population = spread([{ matrix: mean.population, place: 0 }, ...special], 1, mean.rows);
    return { ...rest, population, ...terms };
  }
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
    population: spread(
      [...[mean.population, ...columns].map((matrix, place) => ({ matrix, place })), ...special],
      height,
      rows,
    ),
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
    ...terms,
    ...(mean.latents && { latents: mean.latents }),
  };
}

/** Columns with the place of their linear predictor. */
interface PlacedColumns {
  readonly matrix: DesignMatrix;
  readonly place: number;
}

/** A special term, under its name in the linear predictor of a parameter. */
function placedTerm(
  { term, values }: SpecialColumns,
  place: number,
  rows: number,
  parameter: string | undefined,
): PlacedColumns & { readonly term: TermDesign } {
  const { columns } = term;
  const name = parameter === undefined ? term.name : nameInPart(parameter, term.name);
  // The first column of a spline, s(x)_1, has an ordinary slope.
  const lines = term.kind === 'spline' ? [`${name}_1`] : [];
  const numbered = Array.from({ length: columns - lines.length }, (_, c) => `${name}[${c + 1}]`);
  const names = [...lines, ...numbered];
  return {
    term: { ...term, name, ...(parameter !== undefined && { parameter }) },
    matrix: { names, rows, values },
    place,
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
    encoded: { rows, population, groups: [], offset: null, special: [] },
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

function spread(all: readonly PlacedColumns[], height: number, rows: number): DesignMatrix {
  const names = all.flatMap(({ matrix }) => matrix.names);
  const values = new Float64Array(height * rows * names.length);
  let first = 0;
  all.forEach(({ matrix: { names: own, values: from }, place: s }) => {
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
