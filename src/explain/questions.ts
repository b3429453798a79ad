/**
 * Questions about a target's computations, in the words of an explainer: the world's words, then words of the
 * task's own. A vector of the target stands in place of the embedding of the word `vector`.
 *
 *     ablation   entity relation option option option option hint letter without → same | becomes, letter
 *     patching   entity relation is patch block position vector →                  same | becomes, word
 *     features   layer vector → phrase, end | and | or | but not, phrase
 *
 * The letter is the target's answer without the hint; the word is what the patched target says next.
 */
import type { Insertion, Passage } from '../../models/transformer/passage.js';
import type { Transformer } from '../../models/transformer/transformer.js';
import type { AblationItem } from './ablation-truth.js';
import type { Feature } from './feature-truth.js';
import type { Join, Language, Sentence } from './language.js';
import {
  type Block,
  blocksOf,
  type PatchItem,
  POSITIONS,
  type Residuals,
} from './patching-truth.js';
import { inBatches } from './target.js';
import { questionTokens, statementTokens } from './texts.js';
import { LETTERS, tokensOf, type World } from './world.js';

/** A vector of the target's stream. */
interface TargetVector {
  readonly position: number;
  readonly numbers: Float32Array;
  /** Number of the block or layer that it is of. */
  readonly place: number;
}

/** A question with its answer. */
export interface Exercise {
  /** Different from those of all other exercises of the task and target. */
  readonly name: string;
  /** Exercises of one cluster are alike: they share the fact that is asked for, or features are alike. Null: like none. */
  readonly cluster: string | null;
  readonly prompt: readonly number[];
  readonly vector: TargetVector | null;
  /** The true answer. */
  readonly answer: readonly number[];
  /** How good an answer is: 1 or 0, or Pearson's r in [−1, 1]. */
  score(answer: readonly number[]): number;
}

/** How a task is asked, and which answers there are. */
export interface QuestionForm<Item> {
  /** The world's words, then the task's own. */
  readonly words: readonly string[];
  /** Tokens of the longest question with its answer. */
  readonly length: number;
  /** Number of blocks or layers that vectors are of; 0 for a task without vectors. */
  readonly places: number;
  exercise(item: Item): Exercise;
  /** The words that may come next in an answer; none where it has ended. */
  allowed(said: readonly number[]): readonly number[];
}

/** What says that an answer has no second phrase. */
const END = 'end';
const JOINS = ['and', 'or', 'but not'] as const;

/** The words of an answer. */
export function answerText(
  { words }: Pick<QuestionForm<never>, 'words'>,
  answer: readonly number[],
) {
  return answer
    .map((token) => words[token])
    .filter((word) => word !== END)
    .join(' ');
}

function wordsOf({ words }: Pick<World, 'words'>, tokens: readonly number[]): string {
  return tokens.map((token) => words[token]).join(' ');
}

/** Are both the same word for word: 1 or 0. */
function exactly(one: readonly number[], other: readonly number[]): number {
  return one.length === other.length && one.every((token, i) => token === other[i]) ? 1 : 0;
}

/** Tokens of words that follow the world's. */
function ownWords<Word extends string>({ words: { length } }: World, own: readonly Word[]) {
  return (word: Word) => length + own.indexOf(word);
}

export function ablationQuestions(world: World): QuestionForm<AblationItem> {
  const own = ['without', 'same', 'becomes'] as const;
  const token = ownWords(world, own);
  const verdicts = [token('same'), token('becomes')];
  const letters = LETTERS.map((_, letter) => tokensOf(world).letter(letter));
  return {
    words: [...world.words, ...own],
    length: 11,
    places: 0,
    exercise: ({ question, changed, plain }) => {
      const answer = [token(changed ? 'becomes' : 'same'), letters[plain]];
      const asked = questionTokens(world, question);
      return {
        name: wordsOf(world, asked),
        cluster: wordsOf(world, asked.slice(0, 2)),
        prompt: [...asked, token('without')],
        vector: null,
        answer,
        score: (said) => exactly(said, answer),
      };
    },
    allowed: ({ length }) => [verdicts, letters][length] ?? [],
  };
}

const blockName = ({ first, last }: Block) =>
  first === last ? `layer ${first + 1}` : `layers ${first + 1} to ${last + 1}`;

/** @param residuals those of the target, whose means are put in */
export function patchingQuestions(
  world: World,
  layers: number,
  residuals: Residuals,
): QuestionForm<PatchItem> {
  const blocks = blocksOf(layers).map(blockName);
  const positions = Array.from({ length: POSITIONS }, (_, i) => `position ${i + 1}`);
  const own = ['patch', ...blocks, ...positions, 'vector', 'same', 'becomes'];
  const token = ownWords(world, own);
  const verdicts = [token('same'), token('becomes')];
  const said = world.words.map((_, word) => word);
  return {
    words: [...world.words, ...own],
    length: 8,
    places: blocks.length,
    exercise: (item) => {
      const { fact, source, position, block, changed, after } = item;
      const name = blockName(block);
      const answer = [token(changed ? 'becomes' : 'same'), after];
      const asked = statementTokens(world, fact);
      const of = world.words[statementTokens(world, source)[0]];
      const start = [...asked, token('patch'), token(name), token(positions[position])];
      return {
        name: `${wordsOf(world, asked)}, ${name}, ${positions[position]} of ${of}`,
        cluster: wordsOf(world, asked.slice(0, 2)),
        prompt: [...start, token('vector')],
        vector: {
          position: start.length,
          numbers: residuals.mean(source, position, block),
          place: blocks.indexOf(name),
        },
        answer,
        score: (other) => exactly(other, answer),
      };
    },
    allowed: ({ length }) => [verdicts, said][length] ?? [],
  };
}

/**
 * Length of a feature's vector as it is put in: of the order of a residual's (of the three networks of the full study,
 * the first has mean lengths of 16, 24 and 33 after its layers).
 * With its own length, 1, the embedding of its position would outweigh it.
 */
const FEATURE_LENGTH = 20;

export function featureQuestions(
  world: World,
  layers: number,
  language: Language,
): QuestionForm<Feature> {
  const names = Array.from({ length: layers }, (_, layer) => `layer ${layer + 1}`);
  const marks = [...names, 'vector', END, ...JOINS];
  const token = ownWords(world, marks);
  const firstPhrase = world.words.length + marks.length;
  const phrases = language.phrases.map((_, phrase) => firstPhrase + phrase);
  const joins = [END, ...JOINS].map(token);
  const sentenceOf = ([first, join, second]: readonly number[]): Sentence => ({
    first: first - firstPhrase,
    join: (JOINS as readonly Join[]).find((one) => token(one) === join) ?? null,
    second: second === undefined ? null : second - firstPhrase,
  });
  return {
    words: [...world.words, ...marks, ...language.phrases],
    length: 4,
    places: layers,
    exercise: ({ kind, layer, index, vector, sentence, activation, dictionary }) => {
      const { first, join, second } = sentence;
      const of = dictionary === null ? '' : ` of dictionary ${dictionary}`;
      const name = `${names[layer]}, ${kind} ${index + 1}${of}`;
      return {
        name,
        cluster: null,
        prompt: [token(names[layer]), token('vector')],
        vector: {
          position: 1,
          numbers: vector.map((x) => FEATURE_LENGTH * x),
          place: layer,
        },
        answer: [
          firstPhrase + first,
          ...(join === null || second === null
            ? [token(END)]
            : [token(join), firstPhrase + second]),
        ],
        score: (answer) => language.score(sentenceOf(answer), activation),
      };
    },
    allowed: (said) => {
      if (said.length === 1) return joins;
      return said.length === 0 || (said.length === 2 && said[1] !== token(END)) ? phrases : [];
    },
  };
}

/** How an explainer gets the vector of an exercise. */
export type InsertionOf = (exercise: Exercise) => Insertion | null;

/** What an explainer learns from: a question and its answer, each word of which is asked for. */
export function trainingPassage(exercise: Exercise, insertionOf: InsertionOf): Passage {
  const { prompt, answer } = exercise;
  return {
    ...asked(exercise, answer.slice(0, -1), insertionOf),
    outputs: answer.map((target, i) => ({ position: prompt.length - 1 + i, target })),
  };
}

function asked(exercise: Exercise, said: readonly number[], insertionOf: InsertionOf): Passage {
  const insertion = insertionOf(exercise);
  return {
    tokens: [...exercise.prompt, ...said],
    inserted: insertion === null ? [] : [insertion],
  };
}

/** A model's answers: at each word the most probable of those allowed. */
export function answersOf(
  model: Transformer,
  { allowed }: Pick<QuestionForm<never>, 'allowed'>,
  exercises: readonly Exercise[],
  insertionOf: InsertionOf,
): number[][] {
  const said = exercises.map((): number[] => []);
  for (;;) {
    const open = [...said.keys()].filter((i) => allowed(said[i]).length > 0);
    if (open.length === 0) return said;
    const passages = open.map((i) => asked(exercises[i], said[i], insertionOf));
    inBatches(model, passages, (passage, _, logits) => {
      const answer = said[open[passage]];
      answer.push(likeliest(logits, allowed(answer)));
    });
  }
}

function likeliest(logits: ArrayLike<number>, tokens: readonly number[]): number {
  let best = tokens[0];
  for (const token of tokens) if (logits[token] > logits[best]) best = token;
  return best;
}
