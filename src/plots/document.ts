/**
 * The document in which plots are built in Node: linkedom's, as XML, so that names and texts are
 * escaped as XML. Browsers use `document.browser.ts` instead.
 */
import type { PlotOptions } from '@observablehq/plot';
import { DOMParser } from 'linkedom';

// Types from Plot, not globals: tests are compiled without the DOM's types.
type PlotDocument = NonNullable<PlotOptions['document']>;
export type PlotElement = ReturnType<PlotDocument['createElementNS']>;

// The classes of linkedom lack some of the DOM's members.
export const plotDocument = new DOMParser().parseFromString(
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'image/svg+xml',
) as unknown as PlotDocument;

export function toXml(element: PlotElement): string {
  return element.outerHTML;
}
