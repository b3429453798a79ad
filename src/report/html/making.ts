/**
 * How a result came about: all that is needed to make it again and to know that it is the same.
 */
import { html } from 'hono/html';
import type { ResultDocument } from '../result-folder/format.js';
import type { Html } from './data-table.js';

export function making(result: ResultDocument): Html {
  const { settings, environment, data, checksums, seconds } = result;
  const weighed = result.weigh_choices === 'as-made' ? 'as they were made' : 'by probability';
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Command', html`<code>${result.command}</code>`],
    ['Seed', `${settings.seed}`],
    [
      'Sampling',
      `${settings.chains} chains, ${settings.warmup} warm-up draws and ${settings.draws} kept draws each; algorithm ${settings.algorithm}`,
    ],
    ['Choices count', weighed],
    ['weighbridge', result.weighbridge],
    ['Node', `${environment.node} on ${environment.platform}`],
    ['Time', `${seconds.toFixed(1)} s`],
    ['Data', html`<code>${data.folder}</code>`],
  ];
  return html`<dl class="facts">
${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}
</dl>
<h3>SHA-256 of the data files</h3>
<div class="scroller plain" role="region" aria-label="SHA-256 of the data files" tabindex="0">
<table class="checksums">
<thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
<tbody>
${Object.entries(checksums).map(([file, sum]) => html`<tr><td>${file}</td><td><code>${sum}</code></td></tr>`)}
</tbody>
</table>
</div>`;
}

export function warningsList({ warnings }: ResultDocument): Html {
  if (warnings.length === 0) return html`<p>None.</p>`;
  const list = html`<ul class="warnings">${warnings.map((line) => html`<li>${line}</li>`)}</ul>`;
  return warnings.length <= 10
    ? list
    : html`<details><summary>${warnings.length} lines</summary>${list}</details>`;
}
