/** The checks of a fit as JSON. */
import type { FitCheck } from '../regression/validation/check.js';
import { calibrationJson } from './calibration-json.js';

/** Convergence and LOO in full are elsewhere in the JSON of a fit. */
export function checkJson({
  trusted,
  verdict,
  parts,
  ...found
}: FitCheck): Record<string, unknown> {
  const { predictions, loo, priors, calibration } = found;
  const { diagnostics, elpdLoo, pLoo } = loo;
  return {
    trusted,
    verdict,
    parts,
    predictions,
    loo: {
      elpd_loo: { estimate: elpdLoo.estimate, se: elpdLoo.se },
      p_loo: { estimate: pLoo.estimate, se: pLoo.se },
      max_pareto_k: diagnostics.paretoK.reduce((most, k) => Math.max(most, k), -Infinity),
    },
    ...(priors && {
      priors: { threshold: priors.threshold, rows: priors.rows, warnings: priors.warnings },
    }),
    ...(calibration && { calibration: calibrationJson(calibration) }),
  };
}
