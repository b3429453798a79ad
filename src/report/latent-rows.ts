/** Raw and latent correlations side by side, as the terminal, the report and the viewer show them. */

type Ends = readonly [number | null, number | null];
type ByName<T> = Readonly<Record<string, T>>;

interface Middle {
  readonly median: number | null;
  readonly hdi: Ends;
  readonly hdi_mcse: Ends;
}

/** The keys of `--json` and `result.json` that are shown. */
interface Numbers {
  readonly models: readonly string[];
  readonly never_trained?: readonly string[] | undefined;
  readonly correlations: ByName<{ readonly estimate: number | null; readonly hdi: Ends }>;
  readonly effects: ByName<{ readonly median: number | null; readonly hpd: Ends }>;
  readonly latent?:
    | ByName<{ readonly mean: number | null; readonly hdi: Ends; readonly hdi_mcse: Ends }>
    | undefined;
  readonly latent_effects?: ByName<(Middle & { readonly fisher_z: Middle }) | null> | undefined;
}

interface ShownEstimate {
  readonly value: number | null;
  readonly hdi: Ends;
}

export interface LatentRow {
  /** null for an effect over all base models. */
  readonly model: string | null;
  readonly label: string;
  /** null for an effect on Fisher's z, which the paper does not have. */
  readonly raw: ShownEstimate | null;
  /** null if it could not be fitted. */
  readonly latent: ShownEstimate | null;
  /** Monte Carlo standard errors of the ends of the latent HDI. */
  readonly mcse: Ends | null;
}

const comparisons = [
  ['learned_vs_target', 'learned vs target weights'],
  ['instilled/reports', 'reports, instilled'],
  ['instilled/off_the_shelf_reports', 'off-the-shelf reports, instilled'],
  ['instilled/trained_reports', 'trained reports, instilled'],
  ['native/reports', 'reports, native'],
  ['native/trained_reports', 'trained reports, native'],
] as const;

/** Empty if the result has no latent correlations. Models that were never trained have fewer rows. */
export function latentRows(result: Numbers): LatentRow[] {
  const { models, never_trained = [], correlations, latent } = result;
  if (!latent) return [];
  const ofModels = models.flatMap((model) =>
    comparisons
      .filter(([what]) => !(never_trained.includes(model) && what.endsWith('/trained_reports')))
      .map(([what, label]): LatentRow => {
        const raw = correlations[`${model}/${what}`];
        const joint = latent[`${model}/${what}`];
        return {
          model,
          label,
          raw: raw ? { value: raw.estimate, hdi: raw.hdi } : null,
          latent: joint ? { value: joint.mean, hdi: joint.hdi } : null,
          mcse: joint?.hdi_mcse ?? null,
        };
      }),
  );
  return never_trained.length > 0 ? ofModels : [...ofModels, ...effectRows(result)];
}

function effectRows({ effects, latent_effects }: Numbers): LatentRow[] {
  return (['instilled', 'native'] as const).flatMap((setting): LatentRow[] => {
    const raw = effects[setting];
    const latent = latent_effects?.[setting] ?? null;
    const label = `effect of introspection training, ${setting}`;
    const row = { model: null };
    return [
      {
        ...row,
        mcse: latent?.hdi_mcse ?? null,
        label,
        raw: raw ? { value: raw.median, hdi: raw.hpd } : null,
        latent: latent && { value: latent.median, hdi: latent.hdi },
      },
      {
        ...row,
        mcse: latent?.fisher_z.hdi_mcse ?? null,
        label: `${label}, on Fisher's z`,
        raw: null,
        latent: latent && { value: latent.fisher_z.median, hdi: latent.fisher_z.hdi },
      },
    ];
  });
}

/** The largest Monte Carlo error of an end of a latent HDI, in words; '' if it is unknown. */
export function largestError(rows: readonly LatentRow[]): string {
  const errors = rows.flatMap(({ mcse }) => mcse ?? []).filter((error) => error !== null);
  if (errors.length === 0) return '';
  return `Monte Carlo errors of the ends of the latent HDIs: at most ${Math.max(...errors).toFixed(3)}.`;
}

/** What the two columns are, for the caption of the table. */
export const LATENT_CAPTION =
  'Raw: the slope of weights on mean reports, as in the paper, which measurement error attenuates. Latent: the correlation that weights and reports would have if both were measured without error, by the joint model of choices and reports.';
