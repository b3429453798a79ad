/**
 * The figures of the paper beside ours.
 */
import { html } from 'hono/html';
import type { FigureRecord, ResultDocument } from '../result-folder/format.js';
import type { Html } from './data-table.js';
import { fixed, intervalText } from './number.js';

export function paperTable({ figures }: ResultDocument): Html {
  const headings = [...new Set(figures.map(headingOf))];
  return html`<div class="scroller" role="region" aria-label="Figures against the paper" tabindex="0">
<table id="paper" class="paper">
<caption>Figures of the paper beside those of these data, with 95% HDIs in brackets. <em>same</em>: all published digits; <em>close</em>: within one and a half units of the last published digit.</caption>
<thead><tr><th scope="col">Figure</th><th scope="col">Published</th><th scope="col">Ours</th><th scope="col">Agreement</th></tr></thead>
${headings.map(
  (heading) => html`<tbody>
<tr class="heading"><th scope="rowgroup" colspan="4">${heading}</th></tr>
${figures.filter((one) => headingOf(one) === heading).map(figureRow)}
</tbody>`,
)}
</table>
</div>`;
}

function headingOf({ section, model }: FigureRecord): string {
  return model === null ? section : `${section} · ${model}`;
}

function figureRow(one: FigureRecord): Html {
  const { figure, published, published_hdi, ours, hdi, decimals, agreement } = one;
  return html`<tr>
<th scope="row">${figure}</th>
<td>${estimate(published, published_hdi, decimals)}</td>
<td class="ours">${estimate(ours, hdi, decimals)}</td>
<td><span class="agreement ${agreement.replaceAll(' ', '-')}">${agreement}</span></td>
</tr>`;
}

/** Numbers stand under numbers and intervals under intervals; on a narrow screen one below the other. */
function estimate(value: number | null, interval: FigureRecord['hdi'], decimals: number): Html {
  const number = value === null && interval ? '\u00a0' : fixed(value, decimals);
  return html`<span class="estimate"><span class="value">${number}</span> <span class="interval">${intervalText(interval, decimals)}</span></span>`;
}
