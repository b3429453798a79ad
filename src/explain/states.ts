/**
 * All states that a world's texts can bring a reader to: the different beginnings of all statements and
 * questions. A causal model's activations at a position depend on the tokens up to there alone, so these are
 * all activations that the target ever has.
 */
import { type Question, questionTokens, statementTokens } from './texts.js';
import { LETTERS, type World } from './world.js';

export const ROLES = [
  'entity',
  'relation',
  'is',
  'option A',
  'option B',
  'option C',
  'option D',
  'hint',
  'hint letter',
  'answer',
] as const;

export interface State {
  /** The tokens read so far. */
  readonly tokens: readonly number[];
  /** What the last of them is. */
  readonly role: (typeof ROLES)[number];
  /** Number of a fact of the entity; of the fact itself once the relation has been read. */
  readonly fact: number;
  /** Values of the relation that have been read as options. */
  readonly options: readonly number[];
  /** The hint's letter, once it has been read. */
  readonly hint: number | null;
}

export function allStates(world: World, questions: readonly Question[]): State[] {
  const states = new Map<string, State>();
  const add = (tokens: readonly number[], roles: readonly State['role'][], question: Question) => {
    tokens.forEach((_, i) => {
      const read = tokens.slice(0, i + 1);
      const key = read.join(' ');
      if (states.has(key)) return;
      const isAfterHint = i >= roles.indexOf('hint letter') && roles.includes('hint letter');
      const { fact, options, hint } = question;
      const seen = options.slice(0, Math.max(0, i - 1));
      states.set(key, {
        tokens: read,
        role: roles[i],
        fact,
        options: seen,
        hint: isAfterHint ? hint : null,
      });
    });
  };
  world.facts.forEach((_, fact) => {
    const roles = ['entity', 'relation', 'is'] as const;
    add(statementTokens(world, fact), roles, { fact, options: [], hint: null });
  });
  const options = LETTERS.map((letter) => `option ${letter}` as const);
  for (const question of questions) {
    const hint = question.hint === null ? [] : (['hint', 'hint letter'] as const);
    const roles = ['entity', 'relation', ...options, ...hint, 'answer'] as const;
    add(questionTokens(world, question), roles, question);
  }
  return [...states.values()];
}
