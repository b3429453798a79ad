/**
 * Fine-tuning files: OpenAI's chat examples as JSON Lines, byte for byte in the authors' format.
 */
import { z } from 'zod';
import { WeighbridgeError } from '../errors.js';
import { pythonJson } from '../study/python-format.js';
import type { TrainingExample } from '../study/stimuli.js';

const messageSchema = z.object({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string(),
});

const exampleSchema = z.object({ messages: z.array(messageSchema).min(1) });

/** One example per line, as Python's `json.dumps` writes it; no line end after the last. */
export function exampleJsonl(examples: readonly TrainingExample[]): string {
  return examples
    .map(({ messages }) =>
      pythonJson({ messages: messages.map(({ role, content }) => ({ role, content })) }),
    )
    .join('\n');
}

/**
 * Parses examples. A line end after the last example is optional.
 * @throws WeighbridgeError `bad-data` with the number of the invalid line
 */
export function parseTrainingFile(text: string): TrainingExample[] {
  const body = text.replace(/\r?\n$/, '');
  return body === '' ? [] : body.split('\n').map((line, i) => parseExample(line, i + 1));
}

function parseExample(line: string, number: number): TrainingExample {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new WeighbridgeError('bad-data', `training file, line ${number}: not JSON`, { cause });
  }
  const parsed = exampleSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.length ? `, at ${issue.path.join('.')}` : '';
  throw new WeighbridgeError(
    'bad-data',
    `training file, line ${number}${place}: ${issue?.message}`,
    { cause: parsed.error },
  );
}
