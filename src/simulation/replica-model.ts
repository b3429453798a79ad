/**
 * One base model of the replica: its choices and all its reports, with noise set so that the
 * sample figures of the paper come out.
 */
import type { PaperFigures } from '../analysis/figures.js';
import { randomStream } from '../random/stream.js';
import type { Choice, WeightReport } from '../study/context.js';
import type { ReportFile } from '../study/layout.js';
import { instilledAgent, nativeAgent } from './replica-agents.js';
import { instilledReports, nativeReports } from './replica-reports.js';
import type { ReplicaContexts } from './replica-tables.js';

export interface SimulatedRecord {
  readonly name: string;
  readonly choices: { readonly instilled: Choice[]; readonly native: Choice[] };
  readonly reports: Readonly<Record<ReportFile, WeightReport[]>>;
}

export function simulateBaseModel(
  name: string,
  contexts: ReplicaContexts,
  figures: PaperFigures,
  seed: number,
): SimulatedRecord {
  const stream = (purpose: string) => randomStream(seed, 'replica', name, purpose);
  const instilled = instilledAgent(name, contexts, figures, stream);
  const native = nativeAgent(name, contexts, figures, stream);
  return {
    name,
    choices: { instilled: instilled.choices, native: native.choices },
    reports: {
      ...instilledReports(name, contexts, figures, instilled, stream),
      ...nativeReports(name, contexts, figures, native, stream),
    },
  };
}
