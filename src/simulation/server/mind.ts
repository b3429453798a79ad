/**
 * What a model is made of: the weights it has of old, those it was taught, and how well it sees
 * them. A mind never changes; training makes another one.
 */
import { randomStream } from '../../random/stream.js';
import type { ParsedPrompt } from '../../study/prompts.js';
import { drawTargetWeights } from '../../study/trials.js';
import { insightAfter } from './behaviour.js';
import { digestOf, normalsOf, uniformOf } from './luck.js';
import type { BySetting, ModelProfile } from './profile.js';
import { breakingShare, invalidPropensity } from './rule-breaking.js';
import { contextKey, type Knowledge, type Scales, scalesOf } from './situation.js';

export interface Mind {
  /** The model's name. */
  readonly name: string;
  /** The base model it comes from; all its descendants share its luck. */
  readonly family: string;
  readonly profile: ModelProfile;
  /** By the key of the context. */
  readonly taught: ReadonlyMap<string, TaughtContext>;
  /** Examples of true reports that it was shown, as far as they were true. */
  readonly introspectionExamples: number;
}

export interface TaughtContext {
  /** Largest absolute value 1. */
  readonly weights: readonly number[];
  readonly scales: Scales;
}

/** What all minds of a server share. */
export interface World {
  readonly seed: number;
  readonly knowledge: Knowledge;
  readonly dispositions: Map<string, Disposition>;
}

export function newWorld(seed: number, knowledge: Knowledge): World {
  return { seed, knowledge, dispositions: new Map() };
}

export function untaughtMind(name: string, profile: ModelProfile): Mind {
  return { name, family: name, profile, taught: new Map(), introspectionExamples: 0 };
}

/** What a family of models brings to a context before any training. */
export interface Disposition {
  readonly weights: readonly number[];
  /** Standard normal: how it sees each weight, apart from what the weight is. */
  readonly view: readonly number[];
  /** Uniform: how prone it is here to break the rules of reports; in which way, at which name. */
  readonly proneness: number;
  readonly habit: { readonly way: number; readonly where: number };
}

/** A context as one mind stands to it. */
export interface Standing {
  readonly setting: keyof BySetting<unknown>;
  readonly weights: readonly number[];
  readonly scales: Scales;
  readonly disposition: Disposition;
}

export function standingOf(mind: Mind, prompt: ParsedPrompt, world: World): Standing {
  const key = contextKey(prompt);
  const disposition = dispositionOf(mind.family, key, prompt.attributes.length, world);
  const taught = mind.taught.get(key);
  return taught
    ? { setting: 'instilled', ...taught, disposition }
    : {
        setting: 'native',
        weights: disposition.weights,
        scales: scalesOf(prompt, world.knowledge),
        disposition,
      };
}

/** Dispositions are quick to draw again: a server that is asked about no end of contexts forgets. */
const MOST_REMEMBERED = 20_000;

function dispositionOf(
  family: string,
  key: string,
  attributes: number,
  { seed, dispositions }: World,
): Disposition {
  const name = `${family}\u001f${key}`;
  const known = dispositions.get(name);
  if (known) return known;
  if (dispositions.size >= MOST_REMEMBERED) dispositions.clear();
  const luck = digestOf(seed, 'disposition', family, key);
  const weights = drawTargetWeights(attributes, randomStream('weights', luck));
  const drawn = {
    weights: weights.map((weight) => weight / 100),
    view: normalsOf(attributes, 'view', luck),
    proneness: uniformOf(luck, 0),
    habit: { way: uniformOf(luck, 1), where: uniformOf(luck, 2) },
  };
  dispositions.set(name, drawn);
  return drawn;
}

/** How well the mind sees its weights here. */
export function insightOf({ profile, introspectionExamples }: Mind, { setting }: Standing): number {
  return insightAfter(profile.insight[setting], introspectionExamples);
}

/** The probability that a report here breaks the rules. */
export function breakingProbability(mind: Mind, { setting, disposition }: Standing): number {
  const { invalidReports } = mind.profile;
  const before = mind.taught.size === 0 ? invalidReports.untrained : invalidReports[setting];
  const share = breakingShare(before, invalidReports.introspective, mind.introspectionExamples);
  return invalidPropensity(disposition.proneness, share);
}
