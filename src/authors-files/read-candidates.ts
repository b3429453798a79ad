/** The authors' `candidate_scenarios.json` and `roles.csv`, or files of the same form. */
import { basename } from 'node:path';
import { onOneLine } from '../checks/names.js';
import { readText } from '../data-files/read-bytes.js';
import { readTextTable } from '../data-files/text-table.js';
import { WeighbridgeError } from '../errors.js';
import { type Candidate, parseCandidates } from '../study/candidates.js';
import { nameProblem } from '../study/names.js';

/** @throws WeighbridgeError `missing-file`, or `bad-data` with the place in the file */
export async function readCandidates(path: string): Promise<Candidate[]> {
  const file = basename(path);
  const text = await readText(path, 'decision contexts as JSON');
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    // The parser's message quotes its input, line ends included.
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
    throw new WeighbridgeError('bad-data', `${file} is not JSON: ${reason}`, { cause });
  }
  return parseCandidates(json, file);
}

/** One agent per line under the header `role`. */
export async function readAgents(path: string): Promise<string[]> {
  const table = await readTextTable(path, 'agents, one a line', () => ['role']);
  return table.rows.map((row) => {
    const agent = row.text('role');
    if (/[\r\n]/.test(agent)) {
      throw new WeighbridgeError(
        'bad-data',
        `${table.file}, row ${row.place}: a line break in ${JSON.stringify(agent)}, expected an agent on one line`,
      );
    }
    const problem = nameProblem(agent);
    if (problem) {
      throw new WeighbridgeError(
        'bad-data',
        `${table.file}, row ${row.place}: the agent '${onOneLine(agent)}' ${problem}`,
      );
    }
    return agent;
  });
}
