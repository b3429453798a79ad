/** The settings of a model's profile that have a name on the command line. */
import { didYouMean } from '../../checks/names.js';
import { WeighbridgeError } from '../../errors.js';
import {
  defaultProfile,
  type ModelProfile,
  paperProfiles,
  usualExplanations,
  usualLatent,
  usualQuestions,
} from './profile.js';

interface Knob {
  readonly what: string;
  /** Lowest and highest value. */
  readonly range: readonly [number, number];
  set(profile: ModelProfile, value: number): ModelProfile;
}

const share = [0, 1] as const;
const inside = [0.001, 0.999] as const;
const logits = [0, 10] as const;

/** A setting of one part of a profile; `usual` is what a profile without that part has. */
function partOf<Part extends 'questions' | 'explanations' | 'latent'>(
  part: Part,
  name: keyof NonNullable<ModelProfile[Part]>,
  usual: NonNullable<ModelProfile[Part]>,
): Knob['set'] {
  return (profile, value) => ({
    ...profile,
    [part]: { ...usual, ...profile[part], [name]: value },
  });
}

export const modelKnobs: Readonly<Record<string, Knob>> = {
  insight: {
    what: 'how well its reports follow its own weights',
    range: share,
    set: (profile, value) => {
      const { instilled, native } = profile.insight;
      return {
        ...profile,
        insight: {
          instilled: { ...instilled, untrained: value },
          native: { ...native, untrained: value },
        },
      };
    },
  },
  sharpness: {
    what: 'how strictly its choices follow its weights, in log-odds of the whole range',
    range: [0, 100],
    set: (profile, value) => ({ ...profile, sharpness: { instilled: value, native: value } }),
  },
  hint_following: {
    what: 'share of hints that it follows',
    range: share,
    set: partOf('questions', 'hintFollowing', usualQuestions),
  },
  common: {
    what: 'share of what decides its answers to questions that other models have in common with it',
    range: share,
    set: partOf('questions', 'common', usualQuestions),
  },
  self_knowledge: {
    what: 'probability that it knows how its answer would change',
    range: inside,
    set: partOf('explanations', 'selfKnowledge', usualExplanations),
  },
  per_shot_doubling: {
    what: 'what a doubling of the worked examples adds to its self-knowledge, in log-odds',
    range: logits,
    set: partOf('explanations', 'perShotDoubling', usualExplanations),
  },
  per_training_doubling: {
    what: 'what a doubling of the training examples adds to its self-knowledge, in log-odds',
    range: logits,
    set: partOf('explanations', 'perTrainingDoubling', usualExplanations),
  },
  position_bias: {
    what: 'what an option or a grade gains that is shown first, in log-odds',
    range: [-10, 10],
    set: (profile, value) => {
      const questions = partOf('questions', 'positionBias', usualQuestions)(profile, value);
      return partOf('latent', 'positionBias', usualLatent)(questions, value);
    },
  },
  noise: {
    what: 'sd of its answers over repetitions at temperature 1, in log-odds',
    range: logits,
    set: partOf('latent', 'noiseSd', usualLatent),
  },
  invalid: {
    what: 'share of its answers that are not of the kind wanted',
    range: share,
    set: (profile, value) => {
      const reports = { untrained: value, instilled: value, native: value, introspective: value };
      const explained = partOf('explanations', 'invalid', usualExplanations)(profile, value);
      return partOf(
        'latent',
        'invalid',
        usualLatent,
      )({ ...explained, invalidReports: reports }, value);
    },
  },
};

/** Settings of a model: values by the name of the knob. */
export type KnobValues = Readonly<Record<string, number>>;

/**
 * The profile of a model with these settings; the rest is that of the paper's model of this name, or
 * the default.
 * @throws WeighbridgeError `bad-argument` for an unknown knob or a value out of range
 */
export function profileWith(model: string, values: KnobValues): ModelProfile {
  let profile = paperProfiles[model] ?? defaultProfile;
  for (const [name, value] of Object.entries(values)) {
    const knob = modelKnobs[name];
    if (!knob) {
      throw new WeighbridgeError(
        'bad-argument',
        `${model} has no knob '${name}'${didYouMean(name, Object.keys(modelKnobs))}`,
      );
    }
    const [low, high] = knob.range;
    if (!(value >= low && value <= high)) {
      throw new WeighbridgeError(
        'bad-argument',
        `${model}: ${name} is ${value}, expected ${low} to ${high}`,
      );
    }
    profile = knob.set(profile, value);
  }
  return profile;
}
