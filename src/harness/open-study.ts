/**
 * Opens a study: its configuration, stimuli, stages and record. Reading it needs neither lock nor
 * key; running it needs both.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WeighbridgeError } from '../errors.js';
import type { Configuration } from '../packs/configuration/configuration.js';
import { readConfiguration, studyFiles } from '../packs/configuration/read-configuration.js';
import type { Stage } from '../packs/design.js';
import { type Design, readDesign } from '../packs/read-design.js';
import type { OnNotice } from './client/breaker.js';
import { type Clock, realClock } from './client/clock.js';
import type { Fetch } from './client/connection.js';
import { ModelClient } from './client/model-client.js';
import type { RefusedParameters } from './client/parameters.js';
import { Spending } from './client/spending.js';
import { learning } from './learned.js';
import { beginSession, endSession, mostOfOneRequest, type PriceBook, priceBook } from './prices.js';
import { estimatePromptTokens } from './prompt-tokens.js';
import { fixConfiguration, noteRun, requireUnchanged } from './provenance.js';
import { acquireLock } from './record/database.js';
import { openMark, recordLoss, requireWhole } from './record/mark.js';
import { openRecord, type StudyRecord } from './record/record.js';
import { trainedModel } from './training.js';
import { requireTrusted, type TrustOptions } from './trust.js';
import { Semaphore } from './unordered.js';

/** The parts of a study that are available without a lock, a key or a request. */
export interface PlannedStudy {
  readonly folder: string;
  readonly configuration: Configuration;
  /** What the study's pack makes of its configuration and files. */
  readonly design: Design;
  readonly stages: readonly Stage[];
  /** Null before the first run. */
  readonly record: StudyRecord | null;
  close(): void;
}

export interface RunningStudy extends PlannedStudy {
  readonly record: StudyRecord;
  readonly client: ModelClient;
  /** What the server has refused, which is learned from its answers. */
  readonly refused: RefusedParameters;
  /**
   * Limits concurrent chat requests across all stages; each holds a place from its first attempt to
   * its answer.
   */
  readonly places: Semaphore;
  readonly spending: Spending;
  readonly clock: Clock;
  /** Identifies the study in the labels of its jobs and batches at the server. */
  readonly id: string;
  readonly prices: PriceBook;
}

export interface OpenOptions extends TrustOptions {
  /** Environment variables from which the key is read. @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** Used for all requests instead of Node's `fetch`. */
  readonly fetch?: Fetch;
  /** Called when an outage of the server begins and when it ends. */
  readonly onNotice?: OnNotice;
  /**
   * Continue with a record that has lost answers, which are requested, and paid for, again.
   * @default false
   */
  readonly acceptLoss?: boolean;
}

/**
 * Opens a study for reading: no key, no lock, no request.
 * @throws WeighbridgeError `missing-file`, `bad-configuration`, `bad-data`, `wrong-version`,
 * `study-changed`; `record-lost` if the record is gone
 */
export async function lookAtStudy(folder: string): Promise<PlannedStudy> {
  const design = await readDesign(await readConfiguration(folder), folder);
  const record = recordToLookAt(folder);
  try {
    if (record) requireUnchanged(record, design);
  } catch (error) {
    record?.close();
    throw error;
  }
  return {
    folder,
    configuration: design.configuration,
    design,
    stages: design.stages,
    record,
    close: () => record?.close(),
  };
}

/** Null before the first run. */
function recordToLookAt(folder: string): StudyRecord | null {
  const path = join(folder, studyFiles.record);
  if (existsSync(path) && statSync(path).size > 0) return openRecord(path, 'read');
  requireWhole(path, join(folder, studyFiles.mark));
  return null;
}

/** Describes what the record has lost since it was last written; null if nothing. */
export function lossOf(folder: string): string | null {
  return recordLoss(join(folder, studyFiles.record), join(folder, studyFiles.mark));
}

/**
 * Opens a study for running and locks it against other processes until it is closed.
 * @throws WeighbridgeError as `lookAtStudy`, and `no-key`, `locked`, `disk-full`; `record-lost` if
 * the
 * record holds less than before
 */
export async function openStudy(
  folder: string,
  {
    environment = process.env,
    clock = realClock,
    acceptLoss = false,
    fetch,
    onNotice,
    ...trust
  }: OpenOptions = {},
): Promise<RunningStudy> {
  const design = await readDesign(await readConfiguration(folder), folder);
  const { configuration } = design;
  await requireTrusted(configuration.server, trust);
  const apiKey = keyFrom(configuration, environment);
  const lock = acquireLock(join(folder, studyFiles.lock), folder);
  let record: StudyRecord | null = null;
  try {
    const markPath = join(folder, studyFiles.mark);
    if (!acceptLoss) requireWhole(join(folder, studyFiles.record), markPath);
    const mark = openMark(markPath);
    record = openRecord(join(folder, studyFiles.record), 'write', { mark });
    fixConfiguration(record, design);
    noteRun(record, design);
    mark.write(record.size());
    return running({ folder, design, record, apiKey, clock, fetch, onNotice }, lock.release);
  } catch (error) {
    record?.close();
    lock.release();
    throw error;
  }
}

function running(
  parts: Pick<RunningStudy, 'folder' | 'design' | 'record' | 'clock'> & {
    apiKey: string | null;
    fetch: Fetch | undefined;
    onNotice: OpenOptions['onNotice'];
  },
  release: () => void,
): RunningStudy {
  const { design, record, apiKey, clock, folder, fetch, onNotice } = parts;
  const { configuration, stages } = design;
  const { server, budget } = configuration;
  const prices = priceBook(configuration);
  enterKnownTrainings(stages, record, prices);
  beginSession(record, configuration, () => mostOfOneRequest(stages), randomUUID());
  const spending = new Spending(budget, record.spent());
  const refused = learning(record, server.baseUrl);
  const client = new ModelClient(
    {
      baseURL: server.baseUrl,
      apiKey,
      requestsPerMinute: server.requestsPerMinute,
      tokensPerMinute: server.tokensPerMinute,
      timeoutSeconds: server.timeoutSeconds,
      maxAttempts: server.attempts,
      outageMinutes: server.outageMinutes,
      hasWorked: [...record.counts().values()].some(({ answers }) => answers > 0),
      spending,
      prices: prices.of,
      likelyPromptTokens: estimatePromptTokens,
    },
    { clock, ...(fetch ? { fetch } : {}), onNotice, refused },
  );
  return {
    folder,
    configuration,
    design,
    stages,
    record,
    client,
    refused,
    places: new Semaphore(server.concurrency),
    spending,
    clock,
    id: studyId(record),
    prices,
    close: () => {
      client.close();
      endSession(record);
      record.close();
      release();
    },
  };
}

/** @throws WeighbridgeError `no-key` */
function keyFrom(
  { server }: Configuration,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  if (server.keyVariable === null) return null;
  const key = environment[server.keyVariable]?.trim();
  if (key) return key;
  throw new WeighbridgeError(
    'no-key',
    `the environment variable ${server.keyVariable} holds no key for ${server.baseUrl}: set it, or write \`key_variable: null\` in ${studyFiles.configuration} for a server that wants none`,
    { details: { variable: server.keyVariable } },
  );
}

function enterKnownTrainings(
  stages: readonly Stage[],
  record: StudyRecord,
  prices: PriceBook,
): void {
  for (const stage of stages) {
    if (stage.kind !== 'training') continue;
    const model = trainedModel(stage.base, stage.training, record);
    if (model !== null) prices.enterTrained(model, stage.base);
  }
}

const STUDY_ID = 'study id';

function studyId(record: StudyRecord): string {
  const kept = record.meta(STUDY_ID);
  if (kept !== null) return kept;
  const id = randomUUID();
  record.setMeta(STUDY_ID, id);
  return id;
}
