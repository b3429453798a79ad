/** The style of the report, light and dark, on screen and on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --fill: #f5f7f9;
  --accent: #0b5cad; --warn-fill: #fff4d6; --warn-ink: #6b4a00; --warn-line: #e0b84a;
  --same: #17653a; --close: #7a5200; --differs: #a4262c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e7eaee; --soft: #a3adb8; --line: #333a43; --fill: #1c2127;
    --accent: #7db8f5; --warn-fill: #3a2f0d; --warn-ink: #ffdf8a; --warn-line: #80681c;
    --same: #76d39b; --close: #f0c060; --differs: #ff9a94;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0 auto; max-width: 78rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 3rem 0 .75rem; scroll-margin-top: 1rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p { max-width: 44rem; margin: .5rem 0; }
a { color: var(--accent); text-underline-offset: .15em; }
code { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.lead { color: var(--soft); margin: 0; }
.banner {
  margin: 1.25rem 0; padding: .75rem 1rem; max-width: none; border: 1px solid var(--warn-line); border-left-width: .4rem;
  background: var(--warn-fill); color: var(--warn-ink); border-radius: .25rem;
}
.banner strong { display: block; letter-spacing: .02em; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 1.25rem 0 0; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1rem; margin: 1.5rem 0 0; }
.key div { border-top: 2px solid var(--line); padding-top: .4rem; }
.key dt { color: var(--soft); font-size: .85rem; }
.key dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 2rem; }
figure .picture { background: #fff; border: 1px solid var(--line); border-radius: .35rem; padding: .75rem; overflow-x: auto; }
figure svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .6rem; max-width: 52rem; }
.scroller { overflow: auto; max-height: min(75vh, 46rem); border: 1px solid var(--line); border-radius: .35rem; }
.scroller.plain, .scroller:has(#paper), .scroller:has(#reports) { max-height: none; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
.data-table table { table-layout: fixed; min-width: 62rem; }
.data-table td:first-child, .data-table th:first-child { position: sticky; left: 0; z-index: 1; background: var(--paper); }
.data-table thead th:first-child { z-index: 2; background: var(--fill); }
#reports { min-width: 44rem; }
.checksums { min-width: 34rem; }
caption { text-align: left; color: var(--soft); padding: .6rem .75rem; font-size: .9rem; max-width: min(60rem, calc(100vw - 4rem)); }
th, td { text-align: left; vertical-align: baseline; padding: .3rem .75rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
tbody th { font-weight: 400; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--fill); border-bottom: 1px solid var(--line); font-weight: 600; vertical-align: bottom; overflow-wrap: normal; }
tbody:last-child tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.strong { font-weight: 600; }
.short { box-shadow: inset .25rem 0 var(--differs); }
tr.heading th { font-weight: 600; padding-top: 1rem; background: var(--paper); }
tr.sum > * { background: var(--fill); }
thead button { all: unset; cursor: pointer; font: inherit; white-space: nowrap; }
thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
thead button::after { content: '\\2195'; margin-left: .25em; color: var(--soft); font-weight: 400; opacity: .55; }
thead .number button::after { position: absolute; right: .05rem; margin: 0; }
[aria-sort='ascending'] button::after { content: '\\2191'; color: var(--accent); opacity: 1; }
[aria-sort='descending'] button::after { content: '\\2193'; color: var(--accent); opacity: 1; }
.controls { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem 1.25rem; margin: .75rem 0; }
.controls label { display: flex; flex-direction: column; font-size: .85rem; color: var(--soft); }
.controls input, .controls select { font: inherit; font-size: .95rem; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: .3rem; padding: .35rem .5rem; min-width: 9rem; }
.controls input { width: min(20rem, 80vw); }
.count { margin: 0 0 .35rem; color: var(--soft); font-size: .9rem; }
td.drawing { position: relative; background: linear-gradient(var(--line), var(--line)) 50% / 1px 100% no-repeat; background-origin: content-box; }
td.drawing::before, td.drawing::after { content: ''; position: absolute; left: calc(.75rem + (100% - 1.5rem) * var(--from)); top: 50%; }
td.drawing::before { --from: var(--low); width: calc((100% - 1.5rem) * (var(--high) - var(--low))); border-top: 2px solid var(--accent); margin-top: -1px; }
td.drawing::after { --from: var(--mean); width: 8px; height: 8px; margin: -4px 0 0 -4px; border-radius: 50%; background: var(--accent); }
.estimate { display: inline-grid; grid-template-columns: 3.5em 8em; column-gap: .4em; white-space: nowrap; }
.estimate .value { text-align: right; } .ours .value { font-weight: 600; } .interval { color: var(--soft); }
.agreement::before { content: ''; display: inline-block; width: .55em; height: .55em; margin-right: .45em; border-radius: 50%; background: currentColor; }
.agreement.same, .agreement.Monte-Carlo { color: var(--same); } .agreement.close, .agreement.within-HDI { color: var(--close); } .agreement.differs { color: var(--differs); }
.agreement.not-published { color: var(--soft); } .agreement.not-published::before { background: none; border: 1px solid currentColor; }
.facts { display: grid; gap: .35rem; margin: 0; }
.facts div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; }
.warnings { padding-left: 1.2rem; font-size: .9rem; overflow-wrap: anywhere; }
.checksums { font-size: .82rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 36rem) {
  th, td { padding: .3rem .5rem; }
  .facts div { grid-template-columns: 1fr; gap: 0; }
  .data-table table { min-width: 54rem; font-size: .82rem; }
  #paper { font-size: .77rem; } #paper th, #paper td { padding: .3rem; } #paper caption { padding: .6rem .3rem; }
  .estimate { display: block; } .estimate .value, .estimate .interval { display: block; text-align: left; }
  figure svg { max-width: none; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --fill: #eee; --accent: #0b5cad; --same: #17653a; --close: #7a5200; --differs: #a4262c; --warn-fill: #fff; --warn-ink: #000; --warn-line: #000; }
  @page { size: A4; margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav, .controls { display: none; }
  thead button::after { content: none !important; }
  .scroller { overflow: visible; max-height: none; border: 0; }
  .data-table table, #reports, .checksums { min-width: 0; }
  .data-table td:first-child, .data-table th:first-child { position: static; }
  table { font-size: 8pt; } .data-table table { font-size: 6.5pt; line-height: 1.3; } th, td { padding: 1pt 3pt; }
  caption { font-size: 8.5pt; padding: 0 0 4pt; }
  /* Chrome repeats the text of a header on every page, and its buttons on none. */
  thead button { display: contents; }
  thead { display: table-header-group; } thead th { position: static; }
  tr, figure, dl > div, .banner { break-inside: avoid; }
  #paper tbody, #reports tbody { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  section.page { break-before: page; }
  td.drawing { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  td.drawing::before, td.drawing::after { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure .picture { border: 0; padding: 0; }
  .checksums { font-size: 6.5pt; }
}
`;
