/**
 * `weighbridge/harness`: collecting a study from a model, for programs. Needs Node.
 */
export type { ModelClient } from './harness/client/model-client.js';
export type { Spent } from './harness/client/spending.js';
export {
  type CollectedRow,
  type CollectOptions,
  collectChoices,
  collectReports,
  fineTune,
} from './harness/collectors.js';
export { createStudy } from './harness/create-study.js';
export { estimateStudy, type StageEstimate } from './harness/estimate-study.js';
export {
  type AnswerCounts,
  type BegunStudy,
  exportStudy,
  type StudyExport,
} from './harness/export-study.js';
export {
  lookAtStudy,
  type OpenOptions,
  openStudy,
  type PlannedStudy,
  type RunningStudy,
} from './harness/open-study.js';
export type { InvalidAnswer } from './harness/read-answers.js';
export {
  type CancelOptions,
  cancelStudy,
  type RunStudyOptions,
  runStudy,
  type StageProgress,
} from './harness/run-study.js';
export { type StageStatus, studyStatus } from './harness/status.js';
export type { FineTuneOptions, TrainingProgress } from './harness/training.js';
export type { Configuration, ConfigurationInput } from './packs/configuration/configuration.js';
export type { CollectionStage, Stage, TrainingStage } from './packs/design.js';
export { parseChoice } from './study/parse-choice.js';
export { type AnswerPolicy, type ParsedReport, parseReport } from './study/parse-report.js';
export { type ParsedPrompt, parsePrompt } from './study/prompts.js';
