/**
 * What a page and its web worker say to each other.
 */
export {};
