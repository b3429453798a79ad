/**
 * A study that has been opened: its configuration, what it shows, its stages and its record. To
 * look at it takes no lock and no key; to run it takes both.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WeighbridgeError } from '../errors.js';
import type { OnNotice } from './client/breaker.js';
import { type Clock, realClock } from './client/clock.js';
import { type ModelClient, openClient } from './client/model-client.js';
import { openSpending, type Spending } from './client/spending.js';
import type { Fetch } from './client/transport.js';
import type { Configuration } from './configuration/schema.js';
import { fix, requireUnchanged } from './frozen.js';
import { planStages, type Stage, trainings } from './plan.js';
import { type PriceBook, priceBook } from './price-book.js';
import { noteRun } from './provenance.js';
import { acquireLock } from './record/lock.js';
import { openMark, recordLoss, requireWhole } from './record/mark.js';
import { openRecord, type StudyRecord } from './record/record.js';
import { beginSession, endSession, mostOfOneRequest } from './session.js';
import { readStimuli, type StudyStimuli } from './stimuli.js';
import { readConfiguration, studyFiles } from './study-folder.js';
import { trainedModel } from './training.js';
import { requireTrusted, type TrustOptions } from './trust.js';

/** What can be known of a study without a lock, a key or a request. */
export interface PlannedStudy {
  readonly folder: string;
  readonly configuration: Configuration;
  readonly stimuli: StudyStimuli;
  readonly stages: readonly Stage[];
  /** Null before the first run. */
  readonly record: StudyRecord | null;
  close(): void;
}

export interface RunningStudy extends PlannedStudy {
  readonly record: StudyRecord;
  readonly client: ModelClient;
  readonly spending: Spending;
  readonly clock: Clock;
  /** Names the study in what it leaves at the server. */
  readonly id: string;
  readonly prices: PriceBook;
}

export interface OpenOptions extends TrustOptions {
  /** Where the key is looked up. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock;
  /** For all that is sent, in place of Node's. */
  readonly fetch?: Fetch;
  /** Told that a server that fails is waited for, and that it works again. */
  readonly onNotice?: OnNotice;
  /** Go on with a record that has lost answers: they are asked, and paid for, again. */
  readonly acceptLoss?: boolean;
}

/**
 * @throws WeighbridgeError `missing-file`, `bad-configuration`, `bad-data`, `study-version`,
 *   `study-changed`; `record-lost` where there is no record any more
 */
export async function lookAtStudy(folder: string): Promise<PlannedStudy> {
  const configuration = await readConfiguration(folder);
  const stimuli = await readStimuli(configuration, (file) => join(folder, file));
  const stages = planStages(configuration, stimuli);
  const record = recordToLookAt(folder);
  try {
    if (record) requireUnchanged(record, configuration, stimuli);
  } catch (error) {
    record?.close();
    throw error;
  }
  return {
    folder,
    configuration,
    stimuli,
    stages,
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

/** What the study's record has lost since it was last written to, in words; null for nothing. */
export function lossOf(folder: string): string | null {
  return recordLoss(join(folder, studyFiles.record), join(folder, studyFiles.mark));
}

/**
 * Opens a study to work on it; nobody else can until it is closed.
 * @throws WeighbridgeError as `lookAtStudy`, and `no-key`, `study-locked`, `disk-full`;
 *   `record-lost` where the record holds less than it did
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
  const configuration = await readConfiguration(folder);
  const stimuli = await readStimuli(configuration, (file) => join(folder, file));
  await requireTrusted(configuration.server, trust);
  const apiKey = keyFrom(configuration, environment);
  const lock = acquireLock(join(folder, studyFiles.lock), folder);
  let record: StudyRecord | null = null;
  try {
    const markPath = join(folder, studyFiles.mark);
    if (!acceptLoss) requireWhole(join(folder, studyFiles.record), markPath);
    const mark = openMark(markPath);
    record = openRecord(join(folder, studyFiles.record), 'write', { mark });
    fix(record, configuration, stimuli);
    noteRun(record, configuration, stimuli);
    mark.write(record.size());
    return running(
      { folder, configuration, stimuli, record, apiKey, clock, fetch, onNotice },
      lock.release,
    );
  } catch (error) {
    record?.close();
    lock.release();
    throw error;
  }
}

function running(
  parts: Pick<RunningStudy, 'folder' | 'configuration' | 'stimuli' | 'record' | 'clock'> & {
    apiKey: string | null;
    fetch: Fetch | undefined;
    onNotice: OpenOptions['onNotice'];
  },
  release: () => void,
): RunningStudy {
  const { configuration, stimuli, record, apiKey, clock, folder, fetch, onNotice } = parts;
  const { server, budget } = configuration;
  const prices = priceBook(configuration);
  enterKnownTrainings(configuration, record, prices);
  const stages = planStages(configuration, stimuli);
  beginSession(record, configuration, () => mostOfOneRequest(stages), randomUUID());
  const spending = openSpending(budget, record.spent());
  const client = openClient(
    {
      baseURL: server.base_url,
      apiKey,
      concurrency: server.concurrency,
      requestsPerMinute: server.requests_per_minute,
      tokensPerMinute: server.tokens_per_minute,
      timeoutSeconds: server.timeout_seconds,
      maxAttempts: server.attempts,
      outageMinutes: server.outage_minutes,
      spending,
      prices: prices.of,
    },
    { clock, ...(fetch ? { fetch } : {}), onNotice },
  );
  return {
    folder,
    configuration,
    stimuli,
    stages,
    record,
    client,
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
  if (server.key_variable === null) return null;
  const key = environment[server.key_variable]?.trim();
  if (key) return key;
  throw new WeighbridgeError(
    'no-key',
    `the environment variable ${server.key_variable} holds no key for ${server.base_url}: set it, or write \`key_variable: null\` in ${studyFiles.configuration} for a server that wants none`,
  );
}

function enterKnownTrainings(
  { models }: Configuration,
  record: StudyRecord,
  prices: PriceBook,
): void {
  for (const base of models) {
    for (const training of trainings) {
      const model = trainedModel(base, training, record);
      if (model !== null) prices.enterTrained(model, base);
    }
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
