/** A plan as a table for the terminal and as JSON. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { type DesignFigures, type Plan, plannedText } from '../planning/plan.js';
import type { PlannedRegressionDesign, RegressionPlan } from '../planning/plan-regression.js';
import type { PlannedStudyDesign, StudyPlan } from '../planning/plan-study.js';
import type { StudyDesign } from '../planning/simulate-study.js';
import { printable } from '../plots/label.js';

/** A column of a plan's table, or a size of its designs. */
interface DesignColumn<Design> {
  readonly name: string;
  readonly of: (design: Design) => string;
}

export const studySizes = [
  'contexts',
  'choices',
  'reports',
  'models',
  'attributes',
] as const satisfies readonly (keyof StudyDesign)[];

export function studyPlanTable(plan: StudyPlan): string {
  const { designs, assumptions, compared } = plan;
  const varied = studySizes.filter((size, i) => i < 3 || isVaried(designs, (one) => one[size]));
  const sizes = varied.map((size): DesignColumn<PlannedStudyDesign> => {
    return { name: size, of: (design) => String(design[size]) };
  });
  const cost: DesignColumn<PlannedStudyDesign>[] = [
    { name: 'requests', of: ({ requests }) => whole(requests.choices + requests.reports) },
    ...(designs.some((design) => design.cost !== null)
      ? [{ name: 'USD', of: (design: PlannedStudyDesign) => moneyOf(design.cost) }]
      : []),
  ];
  const { correlation, comparedWith, weightSd, interceptSd, reportNoise } = assumptions;
  const two = comparedWith !== null;
  const fixed = studySizes.slice(3).filter((size) => !varied.includes(size));
  const lines = [
    two
      ? `Assumed: latent correlations ${correlation.toFixed(3)} and ${comparedWith.toFixed(3)} of two ${compared === 'reports' ? 'reporting models on the same choices' : 'groups of base models'}`
      : `Assumed: a latent correlation of ${correlation.toFixed(3)}`,
    `weights of sd ${weightSd.toFixed(2)} (log-odds), intercepts of sd ${interceptSd.toFixed(2)}, single reports with a noise of ${noiseText(reportNoise, assumptions.comparedReportNoise)} latent sds`,
    `${fixed.map((size) => `${size}: ${designs[0]?.[size]}`).join(', ')}${fixed.length > 0 ? '; ' : ''}${two ? 'estimate: the difference of the raw correlations' : 'estimate: the raw correlation'}; power: share of simulations whose 95% HDI is on the assumed side of 0`,
  ];
  return [...lines, tableOf(plan, [...sizes, ...cost], two), ...verdictLines(plan)].join('\n');
}

function noiseText(first: number, second: number | null): string {
  return second === null || second === first
    ? first.toFixed(2)
    : `${first.toFixed(2)} and ${second.toFixed(2)}`;
}

export function regressionPlanTable(plan: RegressionPlan): string {
  const { designs, pilot, effect, group, formula, parameter } = plan;
  const columns: DesignColumn<PlannedRegressionDesign>[] = [
    { name: 'rows', of: ({ rows }) => whole(rows) },
    ...(group === null
      ? []
      : [
          {
            name: `levels of ${printable(group)}`,
            of: ({ groups }: PlannedRegressionDesign) => String(groups),
          },
        ]),
    ...(designs.some(({ cost }) => cost !== null)
      ? [{ name: 'USD', of: ({ cost }: PlannedRegressionDesign) => moneyOf(cost) }]
      : []),
    { name: 'fits', of: fitsText },
  ];
  const name = printable(parameter);
  const lines = [
    `${printable(formula)}: ${name} is ${pilot.mean.toFixed(3)} (sd ${pilot.sd.toFixed(3)}) in the pilot of ${pilot.rows} rows`,
    effect === null
      ? `Assumed: parameters as in the pilot's posterior, another draw in each simulation`
      : `Assumed: ${name} = ${effect}, other parameters as in the pilot's posterior`,
    'power: share of simulations whose 95% HDI is on the assumed side of 0',
  ];
  return [...lines, tableOf(plan, columns, false), ...verdictLines(plan)].join('\n');
}

function fitsText({ fits, check }: PlannedRegressionDesign): string {
  return check === null ? fits : `${fits} (sd × ${check.sdRatio.toFixed(2)} of sampled)`;
}

export function isVaried<T>(all: readonly T[], of: (one: T) => unknown): boolean {
  return new Set(all.map(of)).size > 1;
}

function tableOf<Design extends DesignFigures>(
  plan: Plan<Design>,
  columns: readonly DesignColumn<Design>[],
  difference: boolean,
): string {
  const figures: DesignColumn<Design>[] = [
    { name: difference ? 'difference' : 'estimate', of: ({ estimate }) => plannedText(estimate) },
    { name: 'HDI width', of: ({ width }) => plannedText(width) },
    { name: 'power', of: ({ power }) => plannedText(power) },
  ];
  const all = [...columns, ...figures];
  const table = new Table({
    head: [...all.map(({ name }) => name), ''],
    colAligns: [...all.map(() => 'right' as const), 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const design of plan.designs) {
    const chosen = design === plan.recommended;
    const cells = all.map(({ of }) => (chosen ? pc.bold(of(design)) : of(design)));
    table.push([...cells, chosen ? pc.green('recommended') : '']);
  }
  return table.toString();
}

function verdictLines<Design extends DesignFigures>(plan: Plan<Design>): string[] {
  const { target, recommended, simulations, notes } = plan;
  const wanted = [
    ...(target.width === undefined ? [] : [`a mean HDI width of at most ${target.width}`]),
    ...(target.power === undefined ? [] : [`a power of at least ${target.power}`]),
  ];
  return [
    `± is the Monte Carlo error of ${simulations} simulations; all designs share their random numbers.`,
    ...(wanted.length > 0 && recommended !== null
      ? [`Recommended: the cheapest design with ${wanted.join(' and ')}.`]
      : []),
    ...notes.map((note) => `Note: ${printable(note)}.`),
  ];
}

function whole(value: number): string {
  return value.toLocaleString('en-US');
}

function moneyOf(usd: number | null): string {
  return usd === null ? '' : usd.toFixed(2);
}

const figuresJson = ({ estimate, width, power }: DesignFigures) => ({ estimate, width, power });

/** The plan as JSON, with the keys of docs/planning.md. */
export function studyPlanJson(plan: StudyPlan): Record<string, unknown> {
  const { assumptions, compared } = plan;
  return {
    kind: 'study',
    assumptions: {
      correlation: assumptions.correlation,
      compared_with: assumptions.comparedWith,
      compared,
      weight_sd: assumptions.weightSd,
      intercept_mean: assumptions.interceptMean,
      intercept_sd: assumptions.interceptSd,
      report_noise: assumptions.reportNoise,
      compared_report_noise: assumptions.comparedReportNoise,
    },
    ...commonJson(plan, (design) => ({
      ...Object.fromEntries(studySizes.map((size) => [size, design[size]])),
      requests: design.requests,
      cost: design.cost,
    })),
  };
}

export function regressionPlanJson(plan: RegressionPlan): Record<string, unknown> {
  const { formula, parameter, pilot, effect, group } = plan;
  return {
    kind: 'regression',
    assumptions: { formula, parameter, pilot, effect, group },
    ...commonJson(plan, ({ rows, groups, cost, fits, check, failed }) => ({
      ...{ rows, groups, cost, fits, failed },
      check: check && { fits: check.fits, sd_ratio: check.sdRatio, shift: check.shift },
    })),
  };
}

function commonJson<Design extends DesignFigures>(
  { designs, recommended, target, simulations, notes }: Plan<Design>,
  own: (design: Design) => Record<string, unknown>,
): Record<string, unknown> {
  const designJson = (design: Design) => ({ ...own(design), ...figuresJson(design) });
  return {
    target: { width: target.width ?? null, power: target.power ?? null },
    simulations,
    designs: designs.map(designJson),
    recommended: recommended && designJson(recommended),
    notes,
  };
}
