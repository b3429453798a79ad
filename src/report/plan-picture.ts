/** The curves of a plan as a picture. */
import type { DesignFigures, Plan, Planned } from '../planning/plan.js';
import type { PlannedRegressionDesign, RegressionPlan } from '../planning/plan-regression.js';
import type { PlannedStudyDesign, StudyPlan } from '../planning/plan-study.js';
import { type PlanPoint, plotPlan } from '../plots/plan.js';
import { isVaried, studySizes } from './plan-report.js';

/** A kind of size, and how a design's is told. */
interface SizeKind<Design> {
  readonly label: string;
  readonly of: (design: Design) => number;
}

/** @returns one svg: power if that is the target, otherwise the width */
export function studyPlanPicture(plan: StudyPlan): string {
  const sizes = studySizes.map((label) => ({
    label,
    of: (design: PlannedStudyDesign) => design[label],
  }));
  const what = plan.assumptions.comparedWith === null ? 'correlation' : 'difference';
  return pictureOf(plan, sizes, what);
}

export function regressionPlanPicture(plan: RegressionPlan): string {
  const group = plan.group === null ? 'groups' : `levels of ${plan.group}`;
  const sizes: SizeKind<PlannedRegressionDesign>[] = [
    { label: 'rows', of: ({ rows }) => rows },
    { label: group, of: ({ groups }) => groups ?? 0 },
  ];
  return pictureOf(plan, sizes, plan.parameter);
}

function pictureOf<Design extends DesignFigures>(
  { designs, target }: Plan<Design>,
  sizes: readonly SizeKind<Design>[],
  what: string,
): string {
  const [axis = sizes[0], curve, ...others] = sizes.filter(({ of }) => isVaried(designs, of));
  if (axis === undefined) throw new RangeError('a design has sizes');
  const named = (kind: SizeKind<Design>, design: Design) => `${kind.of(design)} ${kind.label}`;
  const byPower = target.power !== undefined;
  const points = designs.map((design): PlanPoint => {
    const { mean, mcse }: Planned = byPower ? design.power : design.width;
    return {
      panel: others.map((kind) => named(kind, design)).join(', '),
      curve: curve === undefined ? (byPower ? 'power' : 'width') : named(curve, design),
      size: axis.of(design),
      mean,
      mcse,
    };
  });
  return plotPlan(points, {
    sizeLabel: axis.label,
    label: byPower ? 'power' : `width of the 95% HDI of the ${what}`,
    target: byPower ? target.power : target.width,
  }).svg;
}
