/**
 * What must survive a stop besides answers: ids of files, jobs and batches at the server. Written
 * before and after each step that costs money, so that a restart goes on with the same job.
 */
export interface Journal {
  get(key: string): string | null;
  /** On disk when it returns. */
  put(key: string, value: string): void;
  delete(key: string): void;
}
