/**
 * A circuit set by hand, whose output and whose response to patches are known in closed form: the lookup of
 * induction (Olsson et al. 2022). The residual has four parts of eight numbers: token, position, previous
 * token, and output.
 *
 * - Layer 0 attends to the position before, and copies its token into the part `previous`.
 * - Layer 1 attends from the last token to positions whose previous token is the same, with e^`SHARPNESS`
 *   times the weight of the others, and adds their tokens to the part `output`.
 *
 * So for tokens t, previous tokens p, and weights w_j = e^s if p_j = t_n, else 1, the output is the
 * distribution Σ_j w_j [t_j = v] / Σ_j w_j.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Patch } from '../../../models/transformer/passage.js';
import { namedPlaces } from '../../../models/transformer/shape.js';
import { EPSILON, Transformer } from '../../../models/transformer/transformer.js';

const TOKENS = 8;
const WIDTH = 4 * TOKENS;
const [TOKEN, POSITION, PREVIOUS, OUTPUT] = [0, 8, 16, 24] as const;
/** Larger than 87: every other position has probability zero in single precision. */
const CERTAIN = 200;
const SHARPNESS = Math.log(6);
/** Logit of an output of 1 before the last norm. */
const LOUDNESS = 2;

/** 1/rms of a residual whose numbers' squares sum to this. */
const inverse = (squares: number) => 1 / Math.sqrt(squares / WIDTH + EPSILON);

function circuit(): Transformer {
  const shape = { vocabulary: TOKENS, length: 8, width: WIDTH, layers: 2, heads: 1, hidden: 8 };
  const model = new Transformer(shape, { capacity: 32 });
  const set = (name: string, row: number, column: number, value: number) => {
    const columns = namedPlaces(model.places).get(name)?.columns ?? 0;
    model.parameter(name)[row * columns + column] = value;
  };
  const [queries, keys, values] = [0, WIDTH, 2 * WIDTH] as const;
  // Scores are divided by √WIDTH; two numbers of a residual are 1 before layer 0, three before layer 1.
  const certain = (CERTAIN * Math.sqrt(WIDTH)) / inverse(2) ** 2;
  const sharp = (SHARPNESS * Math.sqrt(WIDTH)) / inverse(3) ** 2;
  for (let i = 0; i < TOKENS; i++) {
    set('tokens', i, TOKEN + i, 1);
    set('positions', i, POSITION + i, 1);
    set('layer 0 attend', POSITION + i, queries + i, certain);
    if (i + 1 < TOKENS) set('layer 0 attend', POSITION + i, keys + i + 1, 1);
    set('layer 0 attend', TOKEN + i, values + i, 1 / inverse(2));
    set('layer 0 project', i, PREVIOUS + i, 1);
    set('layer 1 attend', TOKEN + i, queries + i, sharp);
    set('layer 1 attend', PREVIOUS + i, keys + i, 1);
    set('layer 1 attend', TOKEN + i, values + i, 1 / inverse(3));
    set('layer 1 project', i, OUTPUT + i, 1);
    set('unembed', OUTPUT + i, i, LOUDNESS);
  }
  return model;
}

/** What stands in the residual of a position before layer 1. */
interface Place {
  readonly token: number;
  readonly previous: number;
}

const placesOf = (tokens: readonly number[]): Place[] =>
  tokens.map((token, i) => ({ token, previous: tokens[Math.max(0, i - 1)] ?? 0 }));

/** Logits of the last position in closed form. */
function expected(places: readonly Place[]): number[] {
  const last = places.at(-1)?.token;
  const weights = places.map(({ previous }) => (previous === last ? Math.exp(SHARPNESS) : 1));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const output = Array.from({ length: TOKENS }, (_, v) =>
    places.reduce((sum, { token }, j) => sum + (token === v ? (weights[j] ?? 0) / total : 0), 0),
  );
  const scale = inverse(3 + output.reduce((sum, x) => sum + x * x, 0));
  return output.map((x) => LOUDNESS * x * scale);
}

const tokensOf = (length: number) =>
  fc.array(fc.nat(TOKENS - 1), { minLength: length, maxLength: length });

/** Two sequences of one length, and a position of theirs. */
const pairs = fc
  .integer({ min: 2, max: 8 })
  .chain((n) => fc.tuple(tokensOf(n), tokensOf(n), fc.nat(n - 1)));

describe('an induction circuit set by hand', () => {
  const model = circuit();
  const logits = (tokens: readonly number[], patches: readonly Patch[] = []) => {
    const [row] = model.forward([{ tokens, patches }]);
    return Array.from(row ?? []);
  };
  const residual = (tokens: readonly number[], layer: number, position: number) => {
    model.forward([{ tokens }]);
    return model.activation('residual', layer, 0, position).slice();
  };
  const expectLogits = (found: readonly number[], closed: readonly number[]) => {
    for (const [v, x] of found.entries()) expect(x).toBeCloseTo(closed[v] ?? Number.NaN, 5);
  };

  it('has the logits of its closed form', () => {
    fc.assert(
      fc.property(pairs, ([tokens]) => expectLogits(logits(tokens), expected(placesOf(tokens)))),
    );
  });

  it('answers to a residual patched before layer 1 as to another token and previous token there', () => {
    fc.assert(
      fc.property(pairs, ([tokens, others, position]) => {
        const vector = residual(others, 1, position);
        const places = placesOf(tokens);
        places[position] = placesOf(others)[position] ?? { token: 0, previous: 0 };
        expectLogits(logits(tokens, [{ layer: 1, position, vector }]), expected(places));
      }),
    );
  });

  it('answers to a residual patched before layer 0 as to another token', () => {
    fc.assert(
      fc.property(pairs, ([tokens, others, position]) => {
        const vector = residual(others, 0, position);
        const changed = tokens.map((token, i) => (i === position ? (others[i] ?? 0) : token));
        expectLogits(logits(tokens, [{ layer: 0, position, vector }]), expected(placesOf(changed)));
      }),
    );
  });

  it('does not answer to a patch after the last layer anywhere but at the end', () => {
    fc.assert(
      fc.property(pairs, ([tokens, others, position]) => {
        const vector = residual(others, 2, position);
        const found = logits(tokens, [{ layer: 2, position, vector }]);
        const source = position === tokens.length - 1 ? others : tokens;
        expectLogits(found, expected(placesOf(source)));
      }),
    );
  });
});
