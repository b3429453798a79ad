/** Files that were uploaded or made by jobs. They live in memory: no name of a file is a path. */
import { randomUUID } from 'node:crypto';

export interface StoredFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created: number;
  readonly text: string;
}

export interface FileStore {
  /** Null where the store is full. */
  add(file: Pick<StoredFile, 'filename' | 'purpose' | 'text'>): StoredFile | null;
  get(id: string): StoredFile | undefined;
  list(): readonly StoredFile[];
  remove(id: string): boolean;
}

/** Of all files together. */
const MOST_BYTES = 512 * 1024 ** 2;

export function fileStore(): FileStore {
  const files = new Map<string, StoredFile>();
  let total = 0;
  return {
    add({ filename, purpose, text }) {
      const bytes = Buffer.byteLength(text);
      if (total + bytes > MOST_BYTES) return null;
      const id = newId('file-');
      const file = { id, filename, purpose, bytes, created: nowInSeconds(), text };
      files.set(id, file);
      total += bytes;
      return file;
    },
    get: (id) => files.get(id),
    list: () => [...files.values()],
    remove(id) {
      total -= files.get(id)?.bytes ?? 0;
      return files.delete(id);
    },
  };
}

/** As the API shows a file. */
export function fileObject({ id, filename, purpose, bytes, created }: StoredFile) {
  return {
    id,
    object: 'file',
    bytes,
    created_at: created,
    expires_at: null,
    filename,
    purpose,
    status: 'processed',
    status_details: null,
  };
}

/** Never the same twice, not even after a restart: a client may hold ids of an earlier server. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '').slice(0, 24);
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
