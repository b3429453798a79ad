/** The paper's figures and ours, side by side, in the order of the paper. */
import type { FitEntry, ResultReply } from '../wire.js';
import { fitOfFigure } from './figure-fits.js';
import { fixed, intervalText } from './format.js';
import { Link } from './navigation.js';
import { TableFrame } from './table-frame.js';

type Figures = ResultReply['result']['figures'];

interface FigureTableProps {
  readonly figures: Figures;
  readonly fits: readonly FitEntry[];
}

export function FigureTable({ figures, fits }: FigureTableProps) {
  return (
    <section class="with-figures" aria-labelledby="figures">
      <h2 id="figures">Figures of the paper and of this result</h2>
      <TableFrame heading="figures">
        <table class="numbers" data-table="figures">
          <thead>
            <tr>
              <th scope="col">figure</th>
              <th scope="col">published</th>
              <th scope="col">ours</th>
              <th scope="col">95% HDI</th>
              <th scope="col" class="agreement">
                agreement
              </th>
            </tr>
          </thead>
          {sections(figures).map(({ heading, rows }) => (
            <tbody key={heading}>
              <tr class="heading">
                <th scope="rowgroup" colSpan={5}>
                  {heading}
                </th>
              </tr>
              {rows.map((figure) => (
                <tr key={figure.figure}>
                  <th scope="row">
                    <FigureName figure={figure} fits={fits} />
                  </th>
                  <td>{publishedText(figure)}</td>
                  <td>{fixed(figure.ours, figure.decimals)}</td>
                  <td>{intervalText(figure.hdi, figure.decimals)}</td>
                  <td class={`agreement ${figure.agreement.replace(' ', '-')}`}>
                    {figure.agreement}
                  </td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </TableFrame>
      <p class="note">
        Same: all published digits. Close: within one and a half units of the last published digit.
        A figure that a regression is behind leads to its chains.
      </p>
    </section>
  );
}

interface FigureNameProps {
  readonly figure: Figures[number];
  readonly fits: readonly FitEntry[];
}

function FigureName({ figure, fits }: FigureNameProps) {
  const fit = fitOfFigure(figure, fits);
  if (!fit) return <>{figure.figure}</>;
  return <Link to={{ page: 'fit', name: fit.name }}>{figure.figure}</Link>;
}

/** Rows that follow each other under one heading. */
function sections(figures: Figures): { heading: string; rows: Figures }[] {
  const found: { heading: string; rows: Figures }[] = [];
  for (const figure of figures) {
    const heading = figure.model === null ? figure.section : `${figure.section} · ${figure.model}`;
    const last = found.at(-1);
    if (last?.heading === heading) last.rows.push(figure);
    else found.push({ heading, rows: [figure] });
  }
  return found;
}

function publishedText({ published, published_hdi, decimals }: Figures[number]): string {
  const parts = [
    published === null ? '' : fixed(published, decimals),
    intervalText(published_hdi, decimals),
  ];
  return parts.filter((part) => part !== '').join(' ') || '–';
}
