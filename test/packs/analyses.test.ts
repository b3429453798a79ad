import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/packs/configuration/read-configuration.js';
import { readDesign } from '../../src/packs/read-design.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { folder, remove } = await temporaryFolder();
afterAll(remove);

/** Plans a study of one task and two stages with these entries of `analysis`. */
async function planned(name: string, analysis: string) {
  const study = join(folder, name);
  await mkdir(study, { recursive: true });
  await writeFile(join(study, 'items.csv'), 'id,text\n1,one\n2,two\n');
  await writeFile(
    join(study, 'study.yaml'),
    `study: analyses
models: [{ name: m }]
items: items.csv
tasks:
  say: { prompt: '{{ text }}', answer: { kind: choice, labels: [A, B] } }
stages:
  - { id: before, task: say }
  - { id: after, task: say }
analysis:
${analysis}`,
  );
  return readDesign(await readConfiguration(study), study);
}

describe('the analyses of a study', () => {
  it('are known by name, with their stages', async () => {
    const entry =
      '  - { analysis: explanations, with: before, without: after, explained: [after] }';
    await expect(planned('good', entry)).resolves.toMatchObject({ kind: 'described' });
  });

  it('are regressions on columns of items, of trials, and on values and probabilities by name', async () => {
    const entries = [
      '  - { formula: value ~ 1 + stage * text + (1 | item), compare: stage, where: { repeat: 1 } }',
      "  - { formula: 'value_x ~ 1 + logprob_A + log(latency_ms)', prior: { b: 'normal(0, 1)' } }",
    ];
    await expect(planned('regressions', entries.join('\n'))).resolves.toMatchObject({
      kind: 'described',
    });
  });

  it.each([
    [
      'an unknown name',
      '  - { analysis: explanation }',
      "study.yaml, line 10: analysis.0.analysis: there is no analysis 'explanation', did you mean 'explanations'?",
    ],
    [
      'a name of every object',
      '  - { analysis: constructor }',
      /there is no analysis 'constructor'; there is explanations/,
    ],
    [
      'a setting that is missing',
      '  - analysis: explanations\n    with: before\n    explained: [after]',
      /^study\.yaml, line 10: analysis\.0\.without: Invalid input/,
    ],
    [
      'a column that there will not be',
      '  - { formula: value ~ 1 + stag }',
      "study.yaml, line 10: analysis.0.formula: the table of answers has no column 'stag', did you mean 'stage'?",
    ],
    [
      'a formula that cannot be read',
      '  - { formula: value ~ 1 + (1 | item }',
      /^study\.yaml, line 10: analysis\.0\.formula: formula .*expected \)/,
    ],
    [
      'an unknown family',
      '  - { formula: value ~ 1, family: gausian }',
      /^study\.yaml, line 10: analysis\.0\.family: family is gausian, expected one of gaussian/,
    ],
    [
      'a prior that cannot be read',
      "  - { formula: value ~ 1, prior: { b: 'norm(0, 1)' } }",
      /^study\.yaml, line 10: analysis\.0\.prior: /,
    ],
    [
      'a comparison of a column that is not in the formula',
      '  - { formula: value ~ 1 + stage, compare: model }',
      "study.yaml, line 10: analysis.0.compare: 'model' is not in the formula",
    ],
    [
      'a condition on a column that there will not be',
      '  - { formula: value ~ 1, where: { stge: before } }',
      "study.yaml, line 10: analysis.0.where: the table of answers has no column 'stge', did you mean 'stage'?",
    ],
    [
      'an unknown setting',
      '  - analysis: explanations\n    with: before\n    without: after\n    explained: [after]\n    polcy: strict',
      "study.yaml, line 14: analysis.0.polcy: unknown key, did you mean 'policy'?",
    ],
    [
      'a stage that does not exist',
      '  - analysis: explanations\n    with: before\n    without: aftr\n    explained: [after]',
      "study.yaml, line 12: analysis.0.without: there is no stage 'aftr', did you mean 'after'?",
    ],
    [
      'a stage of a formula that does not exist',
      "  - { formula: 'value ~ 1', stages: [others] }",
      "study.yaml, line 10: analysis.0.stages: there is no stage 'others'; there is before, after",
    ],
  ])('with %s stop the study before anything is asked', async (_, entry, message) => {
    await expect(planned('bad', entry)).rejects.toMatchObject({
      code: 'bad-configuration',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
  });
});
