/** What a client asks of a fine-tuning job. */
import { z } from 'zod';

const settingSchema = (number: z.ZodNumber) => z.union([z.literal('auto'), number]).nullish();

const hyperparametersSchema = z.object({
  n_epochs: settingSchema(z.int().min(1).max(50)),
  batch_size: settingSchema(z.int().min(1).max(256)),
  learning_rate_multiplier: settingSchema(z.number().positive()),
});

/** As OpenAI: sixteen pairs, of short keys and values. */
export const metadataSchema = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'expected at most 16 pairs' });

export const jobSchema = z.object({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.string().nullish(),
  hyperparameters: hyperparametersSchema.nullish(),
  method: z
    .object({
      type: z.literal('supervised', { message: 'only supervised training is simulated' }),
      supervised: z.object({ hyperparameters: hyperparametersSchema.nullish() }).nullish(),
    })
    .nullish(),
  suffix: z.string().max(64).nullish(),
  seed: z.int().nullish(),
  metadata: metadataSchema.nullish(),
});

export interface JobRequest {
  readonly validationFile: string | null;
  readonly hyperparameters: {
    readonly n_epochs: number | 'auto';
    readonly batch_size: number | 'auto';
    readonly learning_rate_multiplier: number | 'auto';
  };
  /** As it stands in a model's name. */
  readonly suffix: string;
  readonly seed: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

export function jobRequestOf(body: z.infer<typeof jobSchema>): JobRequest {
  const asked = body.method?.supervised?.hyperparameters ?? body.hyperparameters;
  return {
    validationFile: body.validation_file ?? null,
    hyperparameters: {
      n_epochs: asked?.n_epochs ?? 'auto',
      batch_size: asked?.batch_size ?? 'auto',
      learning_rate_multiplier: asked?.learning_rate_multiplier ?? 'auto',
    },
    suffix: (body.suffix ?? '').toLowerCase().replace(/[^a-z0-9-]+/g, '-'),
    seed: body.seed ?? null,
    metadata: body.metadata ?? null,
  };
}
