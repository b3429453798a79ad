/**
 * Programs: arithmetic with numbers by name, as plain data, with exact derivatives. A family of a user's own states its
 * log density, its mean and its generator as programs (custom.ts), which can be sent to another thread and saved.
 *
 * A program is a list of steps; each takes the results of earlier steps, and the last step's result is that of the
 * program. With f_u, f_uv the partial derivatives of a step f(u, v),
 *
 *     gradient, in reverse:  ū += f_u f̄,   v̄ += f_v f̄
 *     Hessian, forward:      H_f = f_u H_u + f_v H_v + f_uu g_u g_uᵀ + f_uv (g_u g_vᵀ + g_v g_uᵀ) + f_vv g_v g_vᵀ
 *
 * (Griewank & Walther 2008, Evaluating Derivatives, 2nd ed., §3.2 and §5.1).
 */
import type { RandomStream } from '../../src/random/stream.js';
import {
  type Bends,
  type BinaryFunction,
  binaryFunctions,
  type Slopes,
  type UnaryFunction,
  unaryFunctions,
  variates,
} from './program-functions.js';

/** One step; `of` are the places of earlier steps. */
export type ProgramStep =
  | { readonly number: number }
  | { readonly input: string }
  | { readonly call: string; readonly of: readonly number[] };

export type Program = readonly ProgramStep[];

/** What a step does; arithmetic is apart from other functions for speed. */
const NUMBER = 0;
const INPUT = 1;
const ADD = 2;
const SUBTRACT = 3;
const MULTIPLY = 4;
const DIVIDE = 5;
const UNARY = 6;
const BINARY = 7;
const CHOICE = 8;
const VARIATE = 9;
const arithmetic: Readonly<Record<string, number>> = {
  '+': ADD,
  '-': SUBTRACT,
  '*': MULTIPLY,
  '/': DIVIDE,
};

/** Runs a program; allocates in the constructor alone. */
export class RunningProgram {
  readonly #codes: Uint8Array;
  /** Arguments of each step; of an input, its index. The first of a choice is the test. */
  readonly #u: Int32Array;
  readonly #v: Int32Array;
  readonly #w: Int32Array;
  readonly #unary: readonly UnaryFunction[];
  readonly #binary: readonly BinaryFunction[];
  readonly #calls: readonly string[];
  /** Number of inputs by which it is differentiated: the first ones. */
  readonly #variables: number;
  /** True for a step that depends on a variable. */
  readonly #varies: Uint8Array;
  readonly #values: Float64Array;
  readonly #adjoints: Float64Array;
  readonly #slopes: Slopes = { u: 0, v: 0 };
  readonly #bends: Bends = { uu: 0, uv: 0, vv: 0 };
  /** Gradient and Hessian of each step; made on first use. */
  #jets: Float64Array | null = null;
  /** Places of the steps that depend on nothing but shared inputs, and of the others but numbers. */
  readonly #sharedSteps: Int32Array;
  readonly #ownSteps: Int32Array;
  readonly #isShared: Uint8Array;
  /** Gradients of the shared steps, row-major (step, variable). */
  readonly #sharedGradients: Float64Array;

  /**
   * @param program that `isProgram` accepts
   * @param inputs names of the inputs in the order of `value`
   * @param variables number of those, from the first, by which it is differentiated
   * @param shared names of inputs that `share` sets for many evaluations. @default none
   */
  constructor(
    program: Program,
    inputs: readonly string[],
    variables: number,
    shared: readonly string[] = [],
  ) {
    const at = (step: ProgramStep, place: number) => ('of' in step ? (step.of[place] ?? 0) : 0);
    this.#codes = Uint8Array.from(program, codeOf);
    this.#u = Int32Array.from(program, (step) =>
      'input' in step ? inputs.indexOf(step.input) : at(step, 0),
    );
    this.#v = Int32Array.from(program, (step) => at(step, 1));
    this.#w = Int32Array.from(program, (step) => at(step, 2));
    this.#calls = program.map((step) => ('call' in step ? step.call : ''));
    this.#unary = this.#calls.map((call) => unaryFunctions[call]);
    this.#binary = this.#calls.map((call) => binaryFunctions[call]);
    this.#variables = variables;
    this.#varies = new Uint8Array(program.length);
    program.forEach((step, s) => {
      const from = 'of' in step && this.#codes[s] !== VARIATE ? step.of : [];
      const isVariable = this.#codes[s] === INPUT && this.#u[s] < variables;
      this.#varies[s] = isVariable || from.some((place) => this.#varies[place] === 1) ? 1 : 0;
    });
    this.#values = Float64Array.from(program, (step) => ('number' in step ? step.number : 0));
    this.#adjoints = new Float64Array(program.length);
    this.#isShared = new Uint8Array(program.length);
    program.forEach((step, s) => {
      const isShared =
        'input' in step
          ? shared.includes(step.input)
          : this.#codes[s] !== VARIATE &&
            (!('of' in step) || step.of.every((place) => this.#isShared[place] === 1));
      this.#isShared[s] = isShared ? 1 : 0;
    });
    const placesOf = (kind: number) =>
      Int32Array.from([...program.keys()].filter((s) => this.#isShared[s] === kind));
    this.#sharedSteps = placesOf(1);
    this.#ownSteps = placesOf(0);
    this.#sharedGradients = new Float64Array(program.length * variables);
    this.share(new Float64Array(inputs.length));
  }

  /** Sets the shared inputs, and computes what depends on them alone. */
  share(inputs: Float64Array): void {
    const k = this.#variables;
    const gradients = this.#sharedGradients;
    this.#run(this.#sharedSteps, inputs);
    for (const s of this.#sharedSteps) {
      if (this.#varies[s] === 0) continue;
      const at = s * k;
      if (this.#codes[s] === INPUT) gradients[at + this.#u[s]] = 1;
      else if (this.#codes[s] === CHOICE) {
        const from = this.#chosen(s) * k;
        gradients.copyWithin(at, from, from + k);
      } else {
        this.#differentiate(s);
        const { u, v } = this.#slopes;
        const atU = this.#u[s] * k;
        const atV = this.#v[s] * k;
        for (let i = 0; i < k; i++)
          gradients[at + i] = u * gradients[atU + i] + v * gradients[atV + i];
      }
    }
  }

  /** The result. @param random for programs with variates */
  value(inputs: Float64Array, random?: RandomStream): number {
    this.#run(this.#ownSteps, inputs, random);
    return this.#values[this.#values.length - 1];
  }

  #run(steps: Int32Array, inputs: Float64Array, random?: RandomStream): void {
    const values = this.#values;
    const codes = this.#codes;
    for (let i = 0; i < steps.length; i++) {
      const s = steps[i];
      const u = this.#u[s];
      const v = this.#v[s];
      switch (codes[s]) {
        case NUMBER:
          break;
        case INPUT:
          values[s] = inputs[u];
          break;
        case ADD:
          values[s] = values[u] + values[v];
          break;
        case SUBTRACT:
          values[s] = values[u] - values[v];
          break;
        case MULTIPLY:
          values[s] = values[u] * values[v];
          break;
        case DIVIDE:
          values[s] = values[u] / values[v];
          break;
        case UNARY:
          values[s] = this.#unary[s].value(values[u]);
          break;
        case BINARY:
          values[s] = this.#binary[s].value(values[u], values[v]);
          break;
        case CHOICE:
          values[s] = values[this.#chosen(s)];
          break;
        default:
          if (random) values[s] = variates[this.#calls[s]].draw(random, values[u], values[v]);
      }
    }
  }

  /** The place of the result that a choice takes. */
  #chosen(s: number): number {
    return this.#values[this.#u[s]] === 0 ? this.#w[s] : this.#v[s];
  }

  /** Overwrites the first entries of `gradient` by the derivatives of the result last computed. */
  writeGradient(gradient: Float64Array): void {
    const adjoints = this.#adjoints;
    adjoints.fill(0);
    gradient.fill(0, 0, this.#variables);
    adjoints[adjoints.length - 1] = 1;
    for (let s = adjoints.length - 1; s >= 0; s--) {
      const adjoint = adjoints[s];
      // A branch that was not taken may have infinite derivatives.
      if (adjoint === 0 || this.#varies[s] === 0) continue;
      const code = this.#codes[s];
      if (this.#isShared[s] === 1) {
        const at = s * this.#variables;
        for (let i = 0; i < this.#variables; i++) {
          gradient[i] += adjoint * this.#sharedGradients[at + i];
        }
      } else if (code === INPUT) gradient[this.#u[s]] += adjoint;
      else if (code === CHOICE) adjoints[this.#chosen(s)] += adjoint;
      else {
        this.#differentiate(s);
        adjoints[this.#u[s]] += adjoint * this.#slopes.u;
        if (code !== UNARY) adjoints[this.#v[s]] += adjoint * this.#slopes.v;
      }
    }
  }

  /** Sets the first partial derivatives of a step, 0 by an argument that does not vary. */
  #differentiate(s: number): void {
    const values = this.#values;
    const slopes = this.#slopes;
    const u = this.#u[s];
    const v = this.#v[s];
    slopes.v = 0;
    switch (this.#codes[s]) {
      case ADD:
        slopes.u = 1;
        slopes.v = 1;
        break;
      case SUBTRACT:
        slopes.u = 1;
        slopes.v = -1;
        break;
      case MULTIPLY:
        slopes.u = values[v];
        slopes.v = values[u];
        break;
      case DIVIDE:
        slopes.u = 1 / values[v];
        slopes.v = -values[s] / values[v];
        break;
      case UNARY:
        slopes.u = this.#unary[s].slope(values[u], values[s]);
        break;
      default:
        this.#binary[s].writeSlopes(values[u], values[v], values[s], slopes);
    }
    if (this.#varies[u] === 0) slopes.u = 0;
    if (this.#varies[v] === 0) slopes.v = 0;
  }

  /** Overwrites the second derivatives of the result last computed, row-major (variable, variable). */
  writeHessian(target: Float64Array): void {
    const k = this.#variables;
    const width = k + k * k;
    const steps = this.#codes.length;
    this.#jets ??= new Float64Array(steps * width);
    const jets = this.#jets;
    jets.fill(0);
    for (let s = 0; s < steps; s++) {
      if (this.#varies[s] === 0) continue;
      const code = this.#codes[s];
      if (code === INPUT) jets[s * width + this.#u[s]] = 1;
      else if (code === CHOICE) {
        const from = this.#chosen(s) * width;
        jets.copyWithin(s * width, from, from + width);
      } else this.#writeJet(s, jets, width);
    }
    target.set(jets.subarray((steps - 1) * width + k, steps * width));
  }

  #writeJet(s: number, jets: Float64Array, width: number): void {
    const k = this.#variables;
    const at = s * width;
    const atU = this.#u[s] * width;
    const atV = this.#v[s] * width;
    this.#differentiate(s);
    this.#bend(s);
    const { u, v } = this.#slopes;
    const { uu, uv, vv } = this.#bends;
    for (let i = 0; i < width; i++) jets[at + i] = u * jets[atU + i] + v * jets[atV + i];
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) {
        const [ui, uj, vi, vj] = [jets[atU + i], jets[atU + j], jets[atV + i], jets[atV + j]];
        jets[at + k + i * k + j] += uu * ui * uj + uv * (ui * vj + vi * uj) + vv * vi * vj;
      }
    }
  }

  /** Sets the second partial derivatives of the step whose first ones were set last. */
  #bend(s: number): void {
    const values = this.#values;
    const bends = this.#bends;
    const u = this.#u[s];
    const v = this.#v[s];
    if (this.#codes[s] === UNARY) {
      bends.uu = this.#unary[s].bend(values[u], values[s], this.#slopes.u);
      bends.uv = 0;
      bends.vv = 0;
      return;
    }
    this.#binary[s].writeBends(values[u], values[v], values[s], bends);
    // By an argument that does not vary a derivative need not be finite.
    if (this.#varies[u] === 0) bends.uu = 0;
    if (this.#varies[v] === 0) bends.vv = 0;
    if (this.#varies[u] === 0 || this.#varies[v] === 0) bends.uv = 0;
  }
}

function codeOf(step: ProgramStep): number {
  if ('number' in step) return NUMBER;
  if ('input' in step) return INPUT;
  const { call, of } = step;
  if (call === 'ifelse') return CHOICE;
  if (Object.hasOwn(variates, call)) return VARIATE;
  if (of.length === 1) return UNARY;
  return Object.hasOwn(arithmetic, call) ? arithmetic[call] : BINARY;
}

/**
 * True for a program that can run with these inputs.
 *
 * @param isRandom true if it may have variates
 */
export function isProgram(
  given: unknown,
  inputs: readonly string[],
  isRandom: boolean,
): given is Program {
  if (!Array.isArray(given) || given.length === 0) return false;
  const steps: readonly unknown[] = given;
  return steps.every((step, s) => {
    if (typeof step !== 'object' || step === null) return false;
    if ('number' in step) return typeof step.number === 'number';
    if ('input' in step) return inputs.some((input) => input === step.input);
    if (!('call' in step && 'of' in step && Array.isArray(step.of))) return false;
    const { call } = step;
    const of: readonly unknown[] = step.of;
    if (typeof call !== 'string' || argumentsOf(call, isRandom) !== of.length) return false;
    return of.every((at) => Number.isInteger(at) && Number(at) >= 0 && Number(at) < s);
  });
}

/** Number of arguments of a function; undefined for one that there is not. */
export function argumentsOf(name: string, isRandom: boolean): number | undefined {
  if (name === 'ifelse') return 3;
  if (Object.hasOwn(variates, name)) return isRandom ? variates[name].parameters : undefined;
  if (Object.hasOwn(unaryFunctions, name)) return 1;
  return Object.hasOwn(binaryFunctions, name) ? 2 : undefined;
}
