/**
 * The columns of the table of answers that every study has, in this order: one row an answer. The
 * item's fields stand after `item`, values of several keys and log-probabilities beside `value`.
 */
export const columnsBefore = ['study', 'stage', 'task', 'item'] as const;
export const columnsOfTrial = [
  'model',
  'about',
  'after',
  'shots',
  'bank',
  'trial',
  'repeat',
  'order',
] as const;
export const columnsOfAnswer = ['answer_text', 'value', 'valid', 'reason'] as const;
export const columnsOfCost = [
  'prompt_tokens',
  'completion_tokens',
  'reasoning_tokens',
  'latency_ms',
  'at',
] as const;

/** Names that a field of an item cannot have. */
export const answerColumns: readonly string[] = [
  ...columnsBefore,
  ...columnsOfTrial,
  ...columnsOfAnswer,
  ...columnsOfCost,
];
