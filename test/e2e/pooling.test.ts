/** `weighbridge reproduce --pooling partial`: weights from one multilevel regression. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';
import { errorLines, parseReproduction, reproduce, STACK_LINE, weighbridge } from './support.js';

let study: SmallStudy;
beforeEach(async () => {
  study = await smallStudy({ contexts: 4, models: [GPT_4O] });
});
afterEach(() => study.remove());

const short = ['--draws', '150', '--chains', '2', '--json', '-'];

describe('--pooling', () => {
  it('is told in the title, in a table of predictions and in the JSON', async () => {
    const outcome = await reproduce(study.folder, '--pooling', 'partial', ...short);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain('weights by partial pooling of all contexts');
    expect(outcome.stderr).toMatch(/log score of each choice, given the others/);
    const { pooling, weights } = parseReproduction(outcome.stdout);
    expect(pooling).toBe('partial');
    expect(weights[`${GPT_4O}/instilled`]).toHaveLength(4);
    const { pooled } = JSON.parse(outcome.stdout);
    expect(Object.keys(pooled)).toEqual([`${GPT_4O}/instilled`, `${GPT_4O}/native`]);
  });

  it('is told in one line where it is another word', async () => {
    const outcome = await weighbridge(['reproduce', '--pooling', 'full']);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)[0]).toContain('Allowed choices are none, partial');
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  });
});
