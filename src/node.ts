/** What needs Node: studies and results on disk, downloads, pictures, fits on worker threads and on a queue. */

export { readAgents, readCandidates } from './authors-files/read-candidates.js';
export { type ReadOptions, readStudy } from './authors-files/read-study.js';
export {
  loadCmdstanCsv,
  loadFit,
  saveCmdstanCsv,
  saveFit,
  saveInferenceData,
} from './data-files/fit-folders.js';
export { type ReadTableOptions, readTable, type TableFormat } from './data-files/read-table.js';
export {
  bullmqRunner,
  type QueueRunner,
  type QueueRunnerOptions,
  type QueueStatus,
  type StreamOptions,
} from './distribution/queue-runner.js';
export {
  type QueueWorker,
  type QueueWorkerOptions,
  startQueueWorker,
} from './distribution/queue-worker.js';
export type { QueueAddress } from './distribution/redis.js';
export {
  type FetchPublishedOptions,
  fetchPublished,
  type PublishedProgress,
  publishedCacheFolder,
} from './published/published-data.js';
export { rasterize } from './report/figures/rasterize.js';
export type {
  ContextRecord,
  FitRecord,
  ReportRecord,
  ResultDocument,
  TrialRecord,
} from './result/format.js';
export { type ResultFolder, readResult } from './result/read-result.js';
export { type Candidate, contextFor } from './study/candidates.js';
export type { Attribute, Choice, Context, WeightReport } from './study/context.js';
export type { BaseModelRecord, Provenance, Study } from './study/study.js';
export { type WorkerPool, type WorkerPoolOptions, workerPool } from './workers/pool.js';
