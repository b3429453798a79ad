/**
 * A formula as a tree. Places are offsets into the text that was parsed, for messages.
 */
export interface Formula {
  /** The formula in its canonical spelling: parsed again, it is the same tree. */
  readonly text: string;
}
