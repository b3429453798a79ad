/**
 * Where a study's data come from, as a folder says of itself in `provenance.json`. A simulated
 * study must say so, and everything that shows its figures repeats it.
 */
import { z } from 'zod';
import { WeighbridgeError } from '../errors.js';
import { sharedFiles } from './layout.js';

const provenanceSchema = z.object({
  /** True for data that no language model produced. */
  simulated: z.boolean(),
  /** One line for a person. */
  description: z.string().min(1),
  /** The seed that the data were generated from, where they were. */
  seed: z.union([z.number(), z.string()]).optional(),
  /** How many reports were asked for in each context; the paper's ten where it is not said. */
  reports_per_context: z.number().int().min(1).optional(),
});

export type Provenance = z.infer<typeof provenanceSchema>;

/**
 * The text of a folder's `provenance.json`.
 * @throws WeighbridgeError `bad-data`
 */
export function parseProvenance(text: string): Provenance {
  try {
    return provenanceSchema.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (cause) {
    throw new WeighbridgeError(
      'bad-data',
      `${sharedFiles.provenance} is not what it should be: expected JSON with "simulated" (true or false) and "description" (text)`,
      { cause },
    );
  }
}
