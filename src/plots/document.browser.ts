/** The document in which plots are built in browsers: the page's own, to which nothing is added. */
export type PlotElement = Element;

export const plotDocument: Document = document;

/** As XML, not HTML, so that the text can be a file. */
export function toXml(element: PlotElement): string {
  return new XMLSerializer().serializeToString(element);
}
