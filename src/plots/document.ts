/**
 * The document that plots are built in where there is no browser: linkedom's, as XML, so that
 * every name and text is escaped as XML demands. `document.browser.ts` stands in its place there.
 */
import type { PlotOptions } from '@observablehq/plot';
import { DOMParser } from 'linkedom';

// Named through Plot and not as globals: tests are compiled without the DOM's types.
type PlotDocument = NonNullable<PlotOptions['document']>;
export type PlotElement = ReturnType<PlotDocument['createElementNS']>;

// linkedom types its documents by classes of its own, which lack some of the DOM's members.
export const plotDocument = new DOMParser().parseFromString(
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'image/svg+xml',
) as unknown as PlotDocument;

export function toXml(element: PlotElement): string {
  return element.outerHTML;
}
