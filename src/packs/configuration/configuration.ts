/**
 * The configuration of any study: of the paper's pack, or of a study that is described by items,
 * tasks and stages.
 */
import { asObject } from '../../checks/json.js';
import {
  type DescribedConfiguration,
  type DescribedInput,
  describedSchema,
} from '../described/configuration.js';
import {
  type PaperConfiguration,
  type PaperInput,
  paperSchema,
} from '../self-interpretability/configuration.js';
import { camelKeys, snakeKeys } from './common.js';

export type Configuration = PaperConfiguration | DescribedConfiguration;
/** Keys that have a default may be left out. */
export type ConfigurationInput = PaperInput | DescribedInput;

/** The schema that a file is held to: a study without tasks is the paper's. */
export function schemaFor(value: unknown): typeof paperSchema | typeof describedSchema {
  const file = asObject(value);
  const isDescribed =
    file?.tasks !== undefined ||
    file?.stages !== undefined ||
    (file?.pack !== undefined && file.pack !== 'self-interpretability');
  return isDescribed ? describedSchema : paperSchema;
}

export function isDescribed(configuration: Configuration): configuration is DescribedConfiguration {
  return 'tasks' in configuration;
}

/** Renames the keys of a parsed file to camel case. */
export function configurationFrom(file: unknown): Configuration {
  return camelKeys(file) as Configuration;
}

/** The configuration with the keys of `study.yaml`. */
export function toFileKeys<File = unknown>(configuration: ConfigurationInput): File {
  return snakeKeys(configuration) as File;
}
