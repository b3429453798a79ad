/** The frame of a page of one file: its policy, style and script. */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { type Html, script } from './data-table.js';
import { style } from './style.js';

/** @param formAction what the forms of the page may ask, as in a Content-Security-Policy */
export async function htmlPage(title: string, body: Html, formAction = "'none'"): Promise<string> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy(formAction)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${raw(style)}</style>
<noscript><style>.controls { display: none; } thead button::after { content: none; }</style></noscript>
</head>
<body>
${body}
<script>${raw(script)}</script>
</body>
</html>
`;
  return String(page);
}

/** Allows no requests, and no script except the one of the page. */
export function pagePolicy(formAction = "'none'"): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    "base-uri 'none'",
    `form-action ${formAction}`,
  ].join('; ');
}

/** To assistive technology the svg is one picture: its parts have no names. */
export function inlineSvg(svg: string): string {
  return svg
    .replace(/^<\?xml[^>]*>\s*/, '')
    .replace(/(<(?!svg\b)[a-zA-Z]+\b[^<>]*?) aria-label="[^"]*"/g, '$1');
}
