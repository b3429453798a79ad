/** What a study has learned of its server's models. It is kept in the record, for the next run. */
import { asList, asObject, type JsonObject, parseJson } from '../checks/json.js';
import {
  isParameter,
  type Parameter,
  type RefusedParameters,
  refusedParameters,
} from './client/parameters.js';
import type { StudyRecord } from './record/record.js';

const KEY = 'refused parameters';

/** Parameters that the server refuses, by model. */
function learned(record: Pick<StudyRecord, 'meta'>): ReadonlyMap<string, readonly Parameter[]> {
  const models = asObject(kept(record).models) ?? {};
  return new Map(
    Object.entries(models).map(([model, refused]) => [model, asList(refused).filter(isParameter)]),
  );
}

/** Parameters that the server refuses for a model, by the record of the study so far. */
export function learnedOf(
  record: Pick<StudyRecord, 'meta'> | null,
  model: string,
): ReadonlySet<Parameter> {
  return new Set(record ? learned(record).get(model) : []);
}

/**
 * What is known of the models at a server, to be added to; each lesson is on disk before it is used.
 * What another server refused is forgotten.
 */
export function learning(
  record: Pick<StudyRecord, 'meta' | 'setMeta'>,
  server: string,
): RefusedParameters {
  const keep = (all: ReadonlyMap<string, ReadonlySet<Parameter>>) => {
    const lists = [...all].map(([model, refused]) => [model, [...refused]] as const);
    record.setMeta(KEY, JSON.stringify({ server, models: Object.fromEntries(lists) }));
  };
  if (learned(record).size > 0 && kept(record).server !== server) keep(new Map());
  return refusedParameters(learned(record), keep);
}

function kept(record: Pick<StudyRecord, 'meta'>): JsonObject {
  return asObject(parseJson(record.meta(KEY) ?? '')) ?? {};
}

/** A line for each model that is not asked as the configuration says. */
export function learnedLines(record: Pick<StudyRecord, 'meta'>): string[] {
  return [...learned(record)].map(([model, refused]) => {
    const without = refused.filter((one) => one !== 'max_tokens' && one !== 'top_logprobs');
    const parts = [
      ...(without.length > 0 ? [`without ${without.join(', ')}`] : []),
      ...(refused.includes('max_tokens') ? ['with max_completion_tokens for max_tokens'] : []),
      ...(refused.includes('top_logprobs') && !refused.includes('logprobs')
        ? ['with fewer alternatives of log-probabilities']
        : []),
    ];
    return `${model} is asked ${parts.join(', ')}: the server refuses ${refused.join(', ')}`;
  });
}
