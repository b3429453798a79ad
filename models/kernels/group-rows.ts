/**
 * The row loops of a multilevel regression (multilevel/rows.ts) in WebAssembly, with the compiled log
 * likelihood of its family where there is one. The rows are a block of rows.as without columns: the
 * effects are added up where that has the offset. What only the loops use follows the block.
 */
import { type Outcomes, type ResponseFamily, totalsOf } from '../families/family.js';
import {
  addByLevel,
  type GroupFactor,
  type MultilevelRows,
  type RowLoops,
  writeByLevel,
} from '../multilevel/rows.js';
import { membersOf } from '../regression-data.js';
import { type Call, familyCall, firstFree, kernel, occupied, RESULTS } from './row-kernel.js';
import { DOUBLE } from './web-assembly.js';

type Kernel = NonNullable<typeof kernel>;

/** Null if the kernel is not available. */
export function compiledLoops(
  rows: MultilevelRows,
  family: ResponseFamily,
  outcomes: Outcomes,
): RowLoops | null {
  return kernel && new CompiledLoops(kernel, rows, family, outcomes);
}

/** Doubles before the offset: results, an intercept, its gradient. */
const HEAD = RESULTS + 4;

/** Places of the arrays of one member of each row, in bytes. */
interface MemberPlaces {
  /** Level of each row; of the last factor, the end of each level's rows. 32-bit integers. */
  readonly levels: number;
  /** A column of numbers by row for each coefficient; 0 for ones. */
  readonly columns: readonly number[];
}

/** Places of a factor's arrays, in bytes. */
interface FactorPlaces {
  readonly members: readonly MemberPlaces[];
  /** Effects or sums, row-major (level, coefficient). */
  readonly numbers: number;
}

class CompiledLoops implements RowLoops {
  readonly #kernel: Kernel;
  readonly #rows: MultilevelRows;
  readonly #family: ResponseFamily;
  /** Compiled; null if only the loops are. */
  readonly #logLikelihood: ((call: Call) => number) | null;
  readonly #call: Call;
  /** The contents of the memory, from double `#start` on. */
  readonly #data: Float64Array;
  readonly #start: number;
  readonly #total: number;
  readonly #slopes: number;
  readonly #offset: number;
  readonly #factors: readonly FactorPlaces[];
  /** W_i z_i, one column for each coefficient of the last factor. */
  readonly #weighted: readonly number[];
  /** One number: the number of rows, as the end of a single level. */
  readonly #whole: number;
  /** Columns of the population that vary within levels. */
  readonly #population: readonly number[];
  /** A number for each level of the last factor, or for one level. */
  readonly #scratch: number;

  constructor(exports: Kernel, rows: MultilevelRows, family: ResponseFamily, outcomes: Outcomes) {
    const compiled = familyCall(family.family, outcomes, totalsOf(outcomes));
    const start = firstFree(exports);
    const padded = 4 * Math.ceil(rows.rows / 4);
    const parts = new Parts(start);
    parts.take(HEAD);
    this.#kernel = exports;
    this.#rows = rows;
    this.#family = family;
    this.#logLikelihood = compiled?.call ?? null;
    this.#start = start;
    this.#total = parts.take(padded);
    // η of rows.as.
    parts.take(padded);
    this.#slopes = parts.take(padded);
    const { sums, counts } = totalsOf(outcomes);
    parts.put(sums, padded);
    parts.put(counts, padded);
    this.#offset = rows.offset ? parts.put(rows.offset, padded) : 0;
    const others = rows.factors.length - 1;
    this.#factors = rows.factors.map((factor, f) => ({
      members: membersOf(factor).map(({ levelOf, values }) => ({
        levels: parts.putIntegers(f === others ? endsOfLevels(factor) : levelOf),
        columns: columnsOf(values, factor.size).map((column) =>
          column.every((value) => value === 1) ? 0 : parts.put(column, padded),
        ),
      })),
      numbers: parts.take(factor.levels * factor.size),
    }));
    const last = rows.factors[others];
    this.#weighted = Array.from({ length: last.size }, () => parts.take(padded));
    this.#whole = parts.putIntegers(Int32Array.of(rows.rows));
    const { values, places } = rows.byRow;
    this.#population = Array.from(places, (_, c) =>
      parts.put(values.subarray(c * rows.rows, (c + 1) * rows.rows), padded),
    );
    this.#scratch = parts.take(last.levels);
    this.#data = parts.data();
    const auxiliary = family.auxiliary.length;
    this.#call = {
      exports,
      rows: padded,
      columns: 0,
      block: start * DOUBLE,
      result: (i) => this.#memory()[start + i],
      aux: new Float64Array(auxiliary),
      auxGradient: new Float64Array(auxiliary),
    };
  }

  linearize(weighted: Float64Array): void {
    const { rows, factors } = this.#rows;
    const { size } = factors[factors.length - 1];
    this.#weighted.forEach((place, c) => {
      const at = place / DOUBLE - this.#start;
      for (let i = 0; i < rows; i++) this.#data[at + i] = weighted[i * size + c];
      // The copy in memory follows.
      this.#memory().set(this.#data.subarray(at, at + rows), place / DOUBLE);
    });
  }

  writePopulation(coefficients: Float64Array): void {
    const { byLevel, byRow } = this.#rows;
    const memory = this.#memory();
    const scratch = this.#scratch / DOUBLE;
    const { levels } = this.#last();
    writeByLevel(byLevel, coefficients, levels, memory, scratch);
    const { levels: ends } = this.#lastMember();
    this.#kernel.fillRuns(levels, ends, this.#scratch, this.#offset, this.#total);
    this.#population.forEach((column, c) => {
      memory[scratch] = coefficients[byRow.places[c]];
      this.#kernel.addRuns(1, this.#whole, this.#scratch, DOUBLE, column, this.#total);
    });
  }

  addEffects(f: number, effects: Float64Array): void {
    const { members, numbers } = this.#factors[f];
    const { levels, size } = this.#rows.factors[f];
    this.#memory().set(effects, numbers / DOUBLE);
    const stride = size * DOUBLE;
    for (const { levels: levelOf, columns } of members) {
      columns.forEach((column, c) => {
        const first = numbers + c * DOUBLE;
        if (f === this.#factors.length - 1) {
          this.#kernel.addRuns(levels, levelOf, first, stride, column, this.#total);
        } else {
          this.#kernel.addGathered(this.#rows.rows, levelOf, first, stride, column, this.#total);
        }
      });
    }
  }

  writeWeightedSums(sums: Float64Array): void {
    this.#sumRuns(this.#weighted, this.#total, sums);
  }

  logLikelihood(aux: Float64Array, auxGradient: Float64Array): number {
    const call = this.#call;
    const memory = this.#memory();
    // α of the block.
    memory[this.#start + RESULTS] = 0;
    memory[this.#start + RESULTS + 1] = 0;
    call.aux.set(aux);
    if (this.#logLikelihood) {
      const value = this.#logLikelihood(call);
      // Σ ∂ℓ/∂η is NaN if a term is; the value is NaN outside the kernel's range.
      if (!Number.isNaN(value + memory[this.#start + RESULTS + 2])) {
        auxGradient.set(call.auxGradient);
        return value;
      }
    }
    const { rows } = this.#rows;
    const at = this.#slopes / DOUBLE;
    const slopes = memory.subarray(at, at + rows);
    return this.#family.logLikelihood(this.eta(), aux, slopes, auxGradient);
  }

  writeLevelSums(f: number, sums: Float64Array): void {
    const { members, numbers } = this.#factors[f];
    if (f === this.#factors.length - 1) {
      this.#sumRuns(this.#lastMember().columns, this.#slopes, sums);
      return;
    }
    const at = numbers / DOUBLE;
    const memory = this.#memory();
    memory.fill(0, at, at + sums.length);
    const stride = this.#rows.factors[f].size * DOUBLE;
    for (const { levels: levelOf, columns } of members) {
      columns.forEach((column, c) => {
        const first = numbers + c * DOUBLE;
        this.#kernel.scatter(this.#rows.rows, levelOf, column, this.#slopes, first, stride);
      });
    }
    sums.set(memory.subarray(at, at + sums.length));
  }

  addWeighted(numbers: Float64Array): void {
    const { numbers: place } = this.#lastPlaces();
    const { levels: ends } = this.#lastMember();
    const { levels, size } = this.#last();
    this.#memory().set(numbers, place / DOUBLE);
    this.#weighted.forEach((column, c) => {
      const first = place + c * DOUBLE;
      this.#kernel.addRuns(levels, ends, first, size * DOUBLE, column, this.#slopes);
    });
  }

  addColumnSums(sums: Float64Array): void {
    const { byLevel, byRow } = this.#rows;
    const { levels } = this.#last();
    const memory = this.#memory();
    const scratch = this.#scratch / DOUBLE;
    const { levels: ends } = this.#lastMember();
    memory.fill(0, scratch, scratch + levels);
    this.#kernel.sumRuns(levels, ends, 0, this.#slopes, this.#scratch, DOUBLE);
    addByLevel(byLevel, levels, memory, scratch, sums);
    this.#population.forEach((column, c) => {
      memory[scratch] = 0;
      this.#kernel.sumRuns(1, this.#whole, column, this.#slopes, this.#scratch, DOUBLE);
      sums[byRow.places[c]] += memory[scratch];
    });
  }

  addRows(numbers: Float64Array): void {
    const at = this.#total / DOUBLE;
    const memory = this.#memory();
    for (let i = 0; i < numbers.length; i++) memory[at + i] += numbers[i];
  }

  slopes(): Float64Array {
    const at = this.#slopes / DOUBLE;
    return this.#memory().slice(at, at + this.#rows.rows);
  }

  eta(): Float64Array {
    const at = this.#total / DOUBLE;
    return this.#memory().slice(at, at + this.#rows.rows);
  }

  #memory(): Float64Array {
    return occupied(this.#kernel, this.#data, this.#start);
  }

  #last(): GroupFactor {
    const { factors } = this.#rows;
    return factors[factors.length - 1];
  }

  #lastPlaces(): FactorPlaces {
    return this.#factors[this.#factors.length - 1];
  }

  #lastMember(): MemberPlaces {
    return this.#lastPlaces().members[0];
  }

  /** Sums over the rows of each level of the last factor, for each of its coefficients. */
  #sumRuns(columns: readonly number[], numbers: number, sums: Float64Array): void {
    const { numbers: place } = this.#lastPlaces();
    const { levels: ends } = this.#lastMember();
    const { levels, size } = this.#last();
    const memory = this.#memory();
    const at = place / DOUBLE;
    memory.fill(0, at, at + sums.length);
    columns.forEach((column, c) => {
      this.#kernel.sumRuns(levels, ends, column, numbers, place + c * DOUBLE, size * DOUBLE);
    });
    sums.set(memory.subarray(at, at + sums.length));
  }
}

/** The parts of a block of memory that begins at double `start`, each aligned to 16 bytes. */
class Parts {
  readonly #contents: { readonly at: number; readonly part: Float64Array | Int32Array }[] = [];
  #length = 0;

  constructor(private readonly start: number) {}

  /** Reserves doubles; returns their address in bytes. */
  take(doubles: number): number {
    const at = this.#length;
    this.#length += 2 * Math.ceil(doubles / 2);
    return (this.start + at) * DOUBLE;
  }

  put(part: Float64Array, length: number): number {
    this.#contents.push({ at: this.#length, part });
    return this.take(length);
  }

  putIntegers(part: Int32Array): number {
    this.#contents.push({ at: this.#length, part });
    return this.take(part.length / 2);
  }

  data(): Float64Array {
    const data = new Float64Array(this.#length);
    for (const { at, part } of this.#contents) {
      if (part instanceof Float64Array) data.set(part, at);
      else new Int32Array(data.buffer).set(part, 2 * at);
    }
    return data;
  }
}

function columnsOf(values: Float64Array, size: number): Float64Array[] {
  return Array.from({ length: size }, (_, c) => values.filter((_value, at) => at % size === c));
}

/** End of the rows of each level, of rows in the order of the levels. */
function endsOfLevels({ levels, levelOf }: GroupFactor): Int32Array {
  const ends = new Int32Array(levels);
  for (const level of levelOf) ends[level]++;
  for (let j = 1; j < levels; j++) ends[j] += ends[j - 1];
  return ends;
}
