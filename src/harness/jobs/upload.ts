/** Files that a job reads: uploaded whole, told apart by their content. */
import { createHash } from 'node:crypto';
import type { ApiCall } from '../client/api-call.js';

export interface Upload {
  readonly name: string;
  readonly text: string;
  readonly purpose: 'fine-tune' | 'batch';
}

/** The file's id. An upload costs nothing: one whose answer is lost is made again. */
export async function upload(
  { name, text, purpose }: Upload,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<string> {
  const type = 'application/jsonl';
  const { id } = await call(
    `upload ${name}`,
    (api, options) =>
      api.files.create({ file: new File([text], name, { type }), purpose }, options),
    signal,
  );
  return id;
}

/** SHA-256 in hexadecimal. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
