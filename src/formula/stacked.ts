/**
 * Several linear predictors per row, of the mean and of other parameters, as one design: its row S i + s
 * is the linear predictor s of row i, of S in all, with zeros in the columns of the others. A part's
 * intercept is a column of ones.
 */
import type {
  DesignMatrix,
  Encoded,
  EncodedPart,
  GroupDesign,
  MemberDesign,
  SmoothDesign,
} from './design.js';
import { joinedByName } from './group-design.js';
import type { EncodedSmooth } from './smooth-design.js';

/** Linear predictors of a row. */
export function predictorsPerRow({ parts = [] }: Pick<Encoded, 'parts'>): number {
  return 1 + parts.length;
}

/** brms' name of a coefficient of a parameter, without `b_`. */
export function nameInPart(parameter: string, name: string): string {
  return `${parameter}_${name}`;
}

/** One linear predictor, whose smooth terms have their columns apart. */
export interface EncodedPredictor extends Omit<Encoded, 'smooths' | 'parts'> {
  readonly smooths: readonly EncodedSmooth[];
}

interface Part {
  readonly parameter: string;
  readonly intercept: boolean;
  readonly encoded: EncodedPredictor;
}

/**
 * All linear predictors as one design; without parts, that of the mean in the same rows. Group terms with one name
 * are joined, within a formula and across formulas. The columns of smooth terms follow those of all linear predictors.
 */
export function stacked(mean: EncodedPredictor, parts: readonly Part[]): Encoded {
  const { smooths: ofMean, ...alone } = mean;
  if (parts.length === 0) {
    return withSmooths({ ...alone, groups: joinedByName(mean.groups) }, ofMean);
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
  const whole = {
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
  return withSmooths(whole, spreadSmooths(mean, parts));
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

/** The smooth terms of all linear predictors, with rows of zeros in the others. */
function spreadSmooths(mean: EncodedPredictor, parts: readonly Part[]): EncodedSmooth[] {
  const height = 1 + parts.length;
  return [
    ...mean.smooths.map((smooth) => ({ ...smooth, matrix: spreadRows(smooth.matrix, height, 0) })),
    ...parts.flatMap(({ parameter, encoded }, p) =>
      encoded.smooths.map((smooth) => ({
        ...smooth,
        matrix: spreadRows(smooth.matrix, height, p + 1),
        parameter,
      })),
    ),
  ];
}

function withSmooths(
  encoded: Omit<Encoded, 'smooths'>,
  smooths: readonly EncodedSmooth[],
): Encoded {
  if (smooths.length === 0) return encoded;
  const matrices = [encoded.population, ...smooths.map(({ matrix }) => matrix)];
  const names = [
    ...encoded.population.names,
    ...smooths.flatMap(({ matrix, parameter }) =>
      parameter === undefined
        ? matrix.names
        : matrix.names.map((name) => nameInPart(parameter, name)),
    ),
  ];
  const { rows } = encoded.population;
  return {
    ...encoded,
    population: { names, rows, values: beside(matrices, rows) },
    smooths: smooths.map(({ matrix: _, ...smooth }): SmoothDesign => smooth),
  };
}

/** The rows of matrices one after another. */
function beside(matrices: readonly DesignMatrix[], rows: number): Float64Array {
  const width = matrices.reduce((sum, { names }) => sum + names.length, 0);
  const values = new Float64Array(rows * width);
  let first = 0;
  for (const { names, values: from } of matrices) {
    for (let i = 0; i < rows; i++) {
      values.set(from.subarray(i * names.length, (i + 1) * names.length), i * width + first);
    }
    first += names.length;
  }
  return values;
}

function spreadRows(
  { names, rows, values }: DesignMatrix,
  height: number,
  place: number,
): DesignMatrix {
  const width = names.length;
  const all = new Float64Array(height * rows * width);
  for (let i = 0; i < rows; i++) {
    all.set(values.subarray(i * width, (i + 1) * width), (height * i + place) * width);
  }
  return { names, rows: height * rows, values: all };
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
