/** What needs Node: studies and results on disk, downloads, pictures, fits on worker threads. */
export {
  loadCmdstanCsv,
  loadFit,
  saveCmdstanCsv,
  saveFit,
  saveInferenceData,
} from './data-files/fit-folders.js';
export { type ReadTableOptions, readTable, type TableFormat } from './data-files/read-table.js';
export { type WorkerPool, workerPool } from './executor/worker-pool.js';
export { rasterize } from './report/figures/rasterize.js';
export type {
  ContextRecord,
  FitRecord,
  ReportRecord,
  ResultDocument,
  TrialRecord,
} from './report/result-folder/format.js';
export { type ResultFolder, readResult } from './report/result-folder/read-result.js';
export { type Candidate, contextFor, readAgents, readCandidates } from './study/candidates.js';
export type { Attribute, Choice, Context, WeightReport } from './study/context.js';
export type { Provenance } from './study/provenance.js';
export {
  type FetchPublishedOptions,
  fetchPublished,
  type PublishedProgress,
  publishedCacheFolder,
} from './study/published-data.js';
export {
  type BaseModelRecord,
  type ReadOptions,
  readStudy,
  type Study,
} from './study/read-study.js';
