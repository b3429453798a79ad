/** A study's stimuli and stages without a folder or a server. */
import { readFileSync } from 'node:fs';
import { parseConfiguration } from '../../src/packs/configuration/read-configuration.js';
import type { PaperConfiguration } from '../../src/packs/self-interpretability/configuration.js';
import { planStages } from '../../src/packs/self-interpretability/stages.js';
import { makeStimuli } from '../../src/packs/self-interpretability/stimuli.js';
import { parseCandidates } from '../../src/study/candidates.js';

const candidates = parseCandidates(
  JSON.parse(readFileSync(new URL('../../fixtures/contexts.json', import.meta.url), 'utf8')),
  'contexts.json',
);

const text = `study: small
models:
  - name: a-model
    prices: {input: 2, output: 8, fine_tuned_input: 4, fine_tuned_output: 16, training: 25}
contexts: {instilled: 20, native: 3}
counts: {training_examples: 2, validation_examples: 1, instilled_choices: 4, native_choices: 5, reports: 2}`;

/** A configuration of the paper's pack. */
export function paperConfiguration(yaml: string): PaperConfiguration {
  const configuration = parseConfiguration(yaml, 'study.yaml');
  if ('tasks' in configuration) throw new Error('not a study of the paper');
  return configuration;
}

export function smallPlan(edit: (text: string) => string = (same) => same) {
  const configuration = paperConfiguration(edit(text));
  const stimuli = makeStimuli(configuration, candidates, ['a sailor', 'a cook', 'Ada Lovelace']);
  return { configuration, stimuli, stages: planStages(configuration, stimuli) };
}
