/**
 * The paper's stimuli made anew from the authors' decision contexts and agents, against the files
 * that they published.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAgents, readCandidates } from '../../src/authors-files/read-candidates.js';
import { parseTrainingFile } from '../../src/authors-files/training-files.js';
import { paperStimuli } from '../../src/authors-files/write-study.js';
import { parsePrompt } from '../../src/study/prompts.js';
import { hasPublished, publishedFolder, skipReason } from './shared.js';

describe.skipIf(!hasPublished)(`the paper's stimuli made anew${skipReason}`, () => {
  let files: Map<string, string>;
  beforeAll(async () => {
    files = paperStimuli(
      await readCandidates(join(publishedFolder, 'candidate_scenarios.json')),
      await readAgents(join(publishedFolder, 'roles.csv')),
    );
  });

  it.each([
    'scenarios.csv',
    'instilled_weights.csv',
    'instill_100_prefs.jsonl',
    'instilled_weights_50_training.jsonl',
    'instilled_weights_50_test.jsonl',
  ])('are %s to the byte', (name) => {
    const published = readFileSync(join(publishedFolder, name));
    const made = Buffer.from(files.get(name) ?? '');
    // Told as a yes or no: the difference of two files of megabytes helps nobody.
    expect(made.equals(published)).toBe(true);
  });

  it('hold ten choices more for each of the hundred contexts, to watch the training by', () => {
    const training = parseTrainingFile(files.get('instill_100_prefs.jsonl') ?? '');
    const validation = parseTrainingFile(files.get('instill_100_prefs_validation.jsonl') ?? '');
    expect(validation).toHaveLength(1000);
    const seen = new Set(training.map(({ messages }) => messages[1]?.content));
    const contexts = new Map<string, number>();
    for (const { messages } of validation) {
      const prompt = messages[1]?.content ?? '';
      expect(seen.has(prompt)).toBe(false);
      const question = parsePrompt(prompt)?.question ?? 'no prompt';
      contexts.set(question, (contexts.get(question) ?? 0) + 1);
    }
    expect(contexts.size).toBe(100);
    expect([...contexts.values()].every((count) => count === 10)).toBe(true);
  });

  it('read back from the published files: every prompt of the authors is one of ours', () => {
    for (const [name, task] of [
      ['instill_100_prefs.jsonl', 'decision'],
      ['instilled_weights_50_training.jsonl', 'introspection'],
    ] as const) {
      const examples = parseTrainingFile(readFileSync(join(publishedFolder, name), 'utf8'));
      const tasks = examples.map(({ messages }) => parsePrompt(messages[1]?.content ?? '')?.task);
      expect(new Set(tasks)).toEqual(new Set([task]));
    }
  });
});
