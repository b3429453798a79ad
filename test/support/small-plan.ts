/** A study's stimuli and stages without a folder or a server. */
import { readFileSync } from 'node:fs';
import { parseConfiguration } from '../../src/harness/configuration/read-configuration.js';
import { planStages } from '../../src/harness/plan.js';
import { makeStimuli } from '../../src/harness/stimuli.js';
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

export function smallPlan(edit: (text: string) => string = (same) => same) {
  const configuration = parseConfiguration(edit(text), 'study.yaml');
  const stimuli = makeStimuli(configuration, candidates, ['a sailor', 'a cook', 'Ada Lovelace']);
  return { configuration, stimuli, stages: planStages(configuration, stimuli) };
}
