/**
 * The script of the report, as it stands in the page: sorting, searching and picking rows of tables.
 * It makes no request and reads nothing but the table. Plain text here, so that the report needs no
 * build of its own; the end-to-end test runs it.
 */
export const script = String.raw`
'use strict';
for (const box of document.querySelectorAll('[data-table]')) {
  const table = box.querySelector('table');
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const words = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase()]));
  const search = box.querySelector('[data-search]');
  const picks = [...box.querySelectorAll('[data-pick]')];
  const count = box.querySelector('[data-count]');

  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const picked = picks.filter((pick) => pick.value !== '');
    let shown = 0;
    for (const row of rows) {
      const fits =
        wanted.every((word) => words.get(row).includes(word)) &&
        picked.every((pick) => row.cells[pick.dataset.pick].textContent === pick.value);
      row.hidden = !fits;
      if (fits) shown++;
    }
    count.textContent = shown === rows.length ? rows.length + ' rows' : shown + ' of ' + rows.length + ' rows';
  };
  search.addEventListener('input', filter);
  for (const pick of picks) pick.addEventListener('change', filter);
  // A browser may keep what was typed when the page is loaded again.
  filter();

  // Out of the page while rows move: a move within it costs twice as much.
  const place = (some) => {
    body.remove();
    body.replaceChildren(...some);
    table.append(body);
  };
  // The layout of thousands of rows takes half a second: those at the top are seen before it.
  const showSorted = () => {
    const shown = rows.filter((row) => !row.hidden);
    if (shown.length <= 200 || table.parentElement.scrollTop > 0) return place(rows);
    table.setAttribute('aria-busy', 'true');
    place(shown.slice(0, 60));
    requestAnimationFrame(() => setTimeout(() => {
      place(rows);
      table.removeAttribute('aria-busy');
    }));
  };

  const collator = new Intl.Collator('en', { numeric: true });
  const byText = (a, b) => collator.compare(a, b);
  const missing = (value) => value === null;
  const keyOf = {
    text: (cell) => cell.textContent,
    number: (cell) => (cell.dataset.value === '' ? null : Number(cell.dataset.value)),
  };
  const compare = {
    text: byText,
    number: (a, b) => a - b,
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector('[data-sort]');
    button?.addEventListener('click', () => {
      const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const other of heads) if (other.hasAttribute('aria-sort')) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', direction);
      const kind = button.dataset.sort;
      const sign = direction === 'ascending' ? 1 : -1;
      const keys = new Map(rows.map((row) => [row, keyOf[kind](row.cells[column])]));
      // What does not exist comes last either way.
      rows.sort((a, b) => {
        const x = keys.get(a);
        const y = keys.get(b);
        if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
        return sign * compare[kind](x, y);
      });
      showSorted();
    });
  });
}
`;
