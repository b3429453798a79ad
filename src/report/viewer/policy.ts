/** What a browser may load into the page, and into a picture in it. */

/** Scripts, styles and pictures of the page's own, and nothing from anywhere else. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A picture may bring its own styles, and can do nothing else. */
export const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";
