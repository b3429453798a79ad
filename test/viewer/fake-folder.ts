/** A result folder in memory: one model, two contexts, and whatever a test wants otherwise. */
import type { ContextRecord, FitRecord } from '../../src/result/format.js';
import type { ResultFolder } from '../../src/result/read-result.js';

export const MODEL = 'a-model';

export const attic: ContextRecord = {
  name: 'attic',
  agent: 'an owl',
  question: 'Imagine you are an owl. Which attic would you prefer?',
  attributes: [
    { name: 'height', units: 'metres', range: [1, 5] },
    { name: 'mice', units: '', range: [0, 100] },
  ],
  target: [-100, 40],
};

export const cellar: ContextRecord = {
  ...attic,
  name: 'cellar/of "wine" & 50%',
  agent: '',
  question: 'Which cellar?',
};

export function fitRecord(name: string, changes: Partial<FitRecord> = {}): FitRecord {
  const parameters = ['b_Intercept', 'b_d1', 'b_d2'];
  return {
    name,
    kind: 'weights',
    model: MODEL,
    setting: 'instilled',
    context: attic.name,
    algorithm: 'split-hmc',
    parameters,
    chains: 2,
    draws_per_chain: 3,
    offset: 0,
    summary: parameters.map((parameter) => ({
      name: parameter,
      mean: 1,
      median: 1,
      sd: 1,
      hdi: [0, 2],
      q5: 0,
      q95: 2,
      rhat: 1,
      ess_bulk: 1000,
      ess_tail: 1000,
      mcse_mean: 0.01,
    })),
    diagnostics: {
      max_rhat: 1,
      min_ess_bulk: 1000,
      min_ess_tail: 1000,
      divergences: 0,
      max_depth_hits: 0,
      min_ebfmi: 1,
      pareto_k: null,
    },
    warnings: [],
    ...changes,
  };
}

const effect = { n: 2, median: 0.2, hpd: [0.1, 0.3] as [number, number] };
const correlations = { correlations: {}, effects: { instilled: effect, native: effect } };

const result: ResultFolder['result'] = {
  format: 'weighbridge-result',
  format_version: 2,
  kind: 'paper',
  weighbridge: '0.0.0',
  data: { folder: 'data', simulated: true, description: 'made up' },
  settings: { seed: 1, chains: 2, warmup: 3, draws: 3, algorithm: 'auto' },
  weigh_choices: 'as-made',
  pooling: 'none',
  models: [MODEL],
  ...correlations,
  weights: {
    [`${MODEL}/instilled`]: [
      {
        scenario: attic.name,
        n: 2,
        b: [-1.5, 0.5],
        scaled: [-100, 33],
        hdi: [
          [-2, -1],
          [0, 1],
        ],
        intercept: 0.1,
      },
    ],
  },
  choices_agreeing_with_target_pct: {},
  native_choices_predicted_pct: {},
  invalid_reports_pct: {},
  appendix_d: {
    reports_vs_target: {},
    without_weights_of_100: { ...correlations, largest_change_in_r: {} },
  },
  figures: [],
  diagnostics: {
    max_rhat: 1,
    min_ess_bulk: 1000,
    min_ess_tail: 1000,
    divergences: 0,
    max_depth_hits: 0,
    min_ebfmi: 1,
    max_pareto_k: null,
  },
  warnings: [],
  seconds: 1,
  report_counts: [],
  command: 'weighbridge reproduce',
  environment: { node: 'v0', platform: 'none' },
  checksums: {},
};

export function fakeFolder(changes: Partial<ResultFolder> = {}): ResultFolder {
  return {
    path: 'no-such-folder',
    result,
    fits: [fitRecord(`${MODEL}/instilled/attic`), fitRecord('odd name/50% & "more"?')],
    contexts: [attic, cellar],
    trials: async (_model, setting, context) =>
      setting === 'instilled' && context === attic.name
        ? [
            { a: [2, 30], b: [3.5, 7], choice: 'A', probability: 0.75, raw: ' A' },
            { a: [1, 0], b: [5, 100], choice: null, raw: '<b>neither</b>' },
          ]
        : [],
    reports: async (_model, file) =>
      file === 'instilledReports' ? [{ weights: [-80, 20] }, { weights: null, raw: 'no' }] : [],
    draws: async ({ offset }) => Float64Array.from({ length: 18 }, (_, i) => offset + i / 7),
    requireUnchanged: async () => {},
    close: async () => {},
    ...changes,
  };
}
