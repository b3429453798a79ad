/** The design of a study, from its configuration and the files that it names. */
import { join } from 'node:path';
import { isDescribed } from './configuration/configuration.js';
import type { LocatedConfiguration } from './configuration/read-configuration.js';
import { type DescribedDesign, readDescribedDesign } from './described/design.js';
import { type PaperDesign, readPaperDesign } from './self-interpretability/design.js';

export type Design = PaperDesign | DescribedDesign;

/** @throws WeighbridgeError `missing-file`, `bad-data`, `bad-configuration` */
export function readDesign(
  { configuration, place }: LocatedConfiguration,
  folder: string,
): Promise<Design> {
  const pathOf = (file: string) => join(folder, file);
  return isDescribed(configuration)
    ? readDescribedDesign(configuration, { pathOf, place })
    : readPaperDesign(configuration, pathOf);
}
