/** The document that plots are built in where there is a page: its own; nothing is put into it. */
export type PlotElement = Element;

export const plotDocument: Document = document;

/** XML, not HTML: the text is a file of its own too. */
export function toXml(element: PlotElement): string {
  return new XMLSerializer().serializeToString(element);
}
