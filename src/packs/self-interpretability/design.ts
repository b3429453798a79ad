/** The paper's study as a design: its stimuli, its stages, and what may not change half-way. */
import { toFileKeys } from '../configuration/configuration.js';
import { type CommonDesign, checksum } from '../design.js';
import { type PaperConfiguration, type PaperFile, trainings } from './configuration.js';
import { planStages, trainingText } from './stages.js';
import { readStimuli, type StudyStimuli } from './stimuli.js';

export interface PaperDesign extends CommonDesign {
  readonly kind: 'paper';
  readonly configuration: PaperConfiguration;
  readonly stimuli: StudyStimuli;
}

/** Reads the study's contexts and agents. @throws WeighbridgeError `missing-file`, `bad-data` */
export async function readPaperDesign(
  configuration: PaperConfiguration,
  pathOf: (file: string) => string,
): Promise<PaperDesign> {
  return paperDesign(configuration, await readStimuli(configuration, pathOf));
}

function paperDesign(configuration: PaperConfiguration, stimuli: StudyStimuli): PaperDesign {
  return {
    ...{ kind: 'paper', configuration, stimuli },
    stages: planStages(configuration, stimuli),
    fixed: fixedPart(configuration, stimuli),
    checksums: () => stimuliChecksums(configuration, stimuli),
  };
}

/** Checksums of each text that a study shows. */
function stimuliChecksums(
  configuration: PaperConfiguration,
  stimuli: StudyStimuli,
): Record<string, string> {
  const { contexts, targets, trials } = stimuli;
  const texts = trainings.map(
    (what) => [what, trainingText(configuration, stimuli, what)] as const,
  );
  return Object.fromEntries([
    ['contexts', checksum(contexts)],
    ['targets', checksum([...targets])],
    ...Object.entries(trials).map(([what, shown]) => [what, checksum(shown)]),
    ...texts.map(([what, text]) => [`training on ${what}`, checksum(text)]),
  ]);
}

/** Flat, so that a message can name the key that differs. */
function fixedPart(
  configuration: PaperConfiguration,
  stimuli: StudyStimuli,
): Record<string, unknown> {
  const { study, contexts, counts, seeds, models } = toFileKeys<PaperFile>(configuration);
  return {
    study,
    ...prefixed('contexts', contexts),
    ...prefixed('counts', counts),
    ...prefixed('seeds', seeds),
    'models (names)': models.map(({ name }) => name),
    'models (trained)': models.map(({ trained }) => trained),
    'models (fine_tuning)': models.map(({ fine_tuning }) => fine_tuning),
    'the contents of the contexts and agents files': checksum(stimuli.contexts),
  };
}

function prefixed(group: string, values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${group}.${key}`, value]),
  );
}
