/**
 * The settings of a sampling run, with the defaults of Stan and brms.
 */
import { WeighbridgeError } from '../errors.js';
import type { MetricKind } from './metric.js';

export const algorithms = ['auto', 'nuts', 'hmc', 'split-hmc'] as const;

export interface SamplerSettings {
  /** Independent chains; at least 1. @default 4 */
  chains: number;
  /**
   * Warm-up transitions per chain; their draws are not kept. Split HMC starts near the mode and makes
   * at most 20 of them.
   *
   * @default 1000
   */
  warmup: number;
  /** Kept draws per chain; at least 4, because R-hat splits a chain in halves. @default 1000 */
  draws: number;
  /** A finite number or a text; the same seed gives the same draws, bit for bit. @default 2025 */
  seed: number | string;
  /**
   * `nuts`; `hmc`, with a fixed integration time; `split-hmc`, for models with a Hessian, which
   * integrates the normal part of the motion exactly; `auto`: split HMC if the model has a Hessian
   * and is close to normal, otherwise NUTS. The choice depends on the seed and the fit, not on its draws.
   *
   * @default 'auto'
   */
  algorithm: (typeof algorithms)[number];
  /** The metric that the warm-up of NUTS and static HMC learns. @default 'diagonal' */
  metric: MetricKind;
  /** Target of dual averaging for the mean acceptance, in (0, 1). @default 0.8 */
  targetAcceptance: number;
  /** NUTS: at most 2^maxDepth states per trajectory. @default 10 */
  maxDepth: number;
  /**
   * Static HMC: integration time of a trajectory. The default is a quarter period of a standard
   * normal; Stan's 2π is a whole period, which returns to its start.
   *
   * @default Math.PI / 2
   */
  integrationTime: number;
  /** Static HMC: relative jitter of the step size, in [0, 1). @default 0.2 */
  jitter: number;
  /** Chains start at uniform(-initialRange, initialRange). @default 2 */
  initialRange: number;
}

export const defaultSettings: Readonly<SamplerSettings> = Object.freeze({
  chains: 4,
  warmup: 1000,
  draws: 1000,
  seed: 2025,
  algorithm: 'auto',
  metric: 'diagonal',
  targetAcceptance: 0.8,
  maxDepth: 10,
  integrationTime: Math.PI / 2,
  jitter: 0.2,
  initialRange: 2,
});

/** Bound on chains times transitions per chain, so that draws fit into memory. */
const MOST_TRANSITIONS = 1e8;

export const settingNames = Object.keys(defaultSettings) as readonly (keyof SamplerSettings)[];

/** Quotes strings so that '4' is not mistaken for 4. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `the text '${value.replace(/\s/g, ' ')}'`;
  const isObject = typeof value === 'object' && value !== null;
  return isObject ? Object.prototype.toString.call(value) : String(value);
}

/** Fills in the defaults. @throws WeighbridgeError `bad-argument` for a value out of range */
export function completeSettings(given: Partial<SamplerSettings> = {}): SamplerSettings {
  const settings = { ...defaultSettings, ...given };
  const requireWhole = (name: 'chains' | 'warmup' | 'draws' | 'maxDepth', least: number) => {
    if (!Number.isSafeInteger(settings[name]) || settings[name] < least) {
      throw new WeighbridgeError(
        'bad-argument',
        `${name} is ${shown(settings[name])}, but must be a whole number of at least ${least}`,
      );
    }
  };
  const { chains, draws, warmup } = settings;
  const requireOneOf = (name: 'algorithm' | 'metric', allowed: readonly string[]) => {
    if (!allowed.includes(settings[name])) {
      throw new WeighbridgeError(
        'bad-argument',
        `${name} is ${shown(settings[name])}, but must be one of ${allowed.join(', ')}`,
      );
    }
  };
  requireOneOf('algorithm', algorithms);
  requireOneOf('metric', ['unit', 'diagonal', 'dense']);
  requireWhole('chains', 1);
  requireWhole('warmup', 0);
  requireWhole('draws', 4);
  requireWhole('maxDepth', 1);
  if (chains * Math.max(draws, warmup) > MOST_TRANSITIONS) {
    throw new WeighbridgeError(
      'bad-argument',
      `${chains} chains of ${warmup} warm-up and ${draws} kept draws: expected at most ${MOST_TRANSITIONS} of either in all`,
    );
  }
  const requireRange = (
    name: 'targetAcceptance' | 'jitter' | 'integrationTime' | 'initialRange',
    allowed: (value: number) => boolean,
    expected: string,
  ) => {
    if (typeof settings[name] !== 'number' || !allowed(settings[name])) {
      throw new WeighbridgeError(
        'bad-argument',
        `${name} is ${shown(settings[name])}, but must be ${expected}`,
      );
    }
  };
  requireRange('targetAcceptance', (value) => value > 0 && value < 1, 'in (0, 1)');
  requireRange('jitter', (value) => value >= 0 && value < 1, 'in [0, 1)');
  requireRange(
    'integrationTime',
    (value) => value > 0 && Number.isFinite(value),
    'positive and finite',
  );
  requireRange(
    'initialRange',
    (value) => value >= 0 && Number.isFinite(value),
    'at least 0 and finite',
  );
  const { seed } = settings;
  if (typeof seed !== 'string' && !Number.isFinite(seed)) {
    throw new WeighbridgeError(
      'bad-argument',
      `seed is ${shown(seed)}, but must be a number or a text`,
    );
  }
  return settings;
}

/** The sampler's settings among other options; undefined ones count as absent. */
export function settingsAmong(options: Partial<SamplerSettings>): Partial<SamplerSettings> {
  return Object.fromEntries(
    settingNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}
