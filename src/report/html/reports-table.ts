/**
 * How many reports could be used, and why the others could not.
 */
import { html } from 'hono/html';
import type { ReportCount, ResultDocument } from '../result-folder/format.js';
import { reportStage } from '../words.js';
import type { Html } from './data-table.js';
import { fixed, whole } from './number.js';

export function reportsTable(
  { report_counts, invalid_reports_pct }: ResultDocument,
  modelName: (model: string) => string,
): Html {
  return html`<div class="scroller" role="region" aria-label="Reports that were used" tabindex="0">
<table id="reports">
<caption>Reports that were asked for, those that could be used, and why the others could not</caption>
<thead><tr><th scope="col">Model</th><th scope="col">Setting</th><th scope="col">Reports</th><th scope="col" class="number">Asked</th><th scope="col" class="number">Used</th><th scope="col" class="number">Invalid</th><th scope="col" class="number">%</th><th scope="col">Reasons</th></tr></thead>
${Object.entries(invalid_reports_pct).map(
  ([model, percent]) => html`<tbody>
${report_counts.filter((count) => count.model === model).map((count) => countRow(count, modelName))}
<tr class="sum"><th scope="row" colspan="6">${modelName(model)} in all</th><td class="number strong">${fixed(percent, 2)}</td><td></td></tr>
</tbody>`,
)}
</table>
</div>`;
}

/** Named by the first of the files that count together. */
function countRow(
  { model, setting, files: [first = ''], asked, used, reasons }: ReportCount,
  modelName: (model: string) => string,
): Html {
  const invalid = asked - used;
  return html`<tr>
<td>${modelName(model)}</td><td>${setting}</td><td>${reportStage(first)}</td>
<td class="number">${whole(asked)}</td><td class="number">${whole(used)}</td><td class="number">${whole(invalid)}</td>
<td class="number">${fixed(asked > 0 ? (100 * invalid) / asked : null, 2)}</td><td>${reasonsText(reasons, invalid)}</td>
</tr>`;
}

function reasonsText(reasons: ReportCount['reasons'], invalid: number): string {
  const told = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  const listed = Object.entries(reasons).map(
    ([reason, count]) => `${reason.replaceAll('-', ' ')} ${whole(count)}`,
  );
  if (invalid > told) listed.push(told > 0 ? `others ${whole(invalid - told)}` : 'not in the data');
  return listed.join(', ');
}
