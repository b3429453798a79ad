/**
 * The list of contexts with its search field. Only the visible rows are in the document, so that
 * thousands scroll smoothly. One row is active: arrow keys move it from the field and in the list,
 * Enter opens it, and letters typed into the list go to the next title that begins with them.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { listWindow, scrollToRow, typeahead } from './list.js';
import type { ListedContext } from './study.js';

interface ContextListProps {
  readonly items: readonly ListedContext[];
  /** Name of the context that the page shows. */
  readonly current: string | null;
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly choose: (name: string) => void;
}

const optionId = (index: number) => `context-option-${index}`;

/** Letters typed within this time form one word. */
const TYPING_MS = 700;

export function ContextList(props: ContextListProps) {
  const { items, current, query, setQuery, choose } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const view = useScroll(scroller);
  const [active, setActive] = useActiveRow(props);
  useRowInSight(scroller, view, active, items);
  const open = (index: number) => {
    const item = items[index];
    if (item) choose(item.context.name);
  };
  const { onKey, onListKey } = useListKeys({ items, active, setActive, open, view });
  const activeId = items.length > 0 ? optionId(active) : undefined;
  return (
    <>
      <SearchField query={query} setQuery={setQuery} activeId={activeId} onKey={onKey} />
      {items.length === 0 && <p class="nothing">No context matches these words.</p>}
      <div
        class="list"
        id="context-list"
        ref={scroller}
        role="listbox"
        aria-label="Contexts"
        aria-activedescendant={activeId}
        tabIndex={0}
        onKeyDown={onListKey}
        hidden={items.length === 0}
      >
        <Rows items={items} current={current} active={active} view={view} open={open} />
      </div>
    </>
  );
}

/** The row of the page's context, until keys move it or the search changes. */
function useActiveRow({ items, current, query }: ContextListProps) {
  const [active, setActive] = useState(0);
  const at = items.findIndex(({ context }) => context.name === current);
  useEffect(() => {
    if (at >= 0) setActive(at);
  }, [current]);
  // The best match comes first.
  useEffect(() => {
    setActive(query === '' ? Math.max(0, at) : 0);
  }, [items]);
  return [active, setActive] as const;
}

interface ListKeys {
  readonly items: readonly ListedContext[];
  readonly active: number;
  readonly setActive: (row: number) => void;
  readonly open: (row: number) => void;
  readonly view: View;
}

/** Key handlers of the search field, and of the list. */
function useListKeys({ items, active, setActive, open, view: { height, rowHeight } }: ListKeys) {
  const typed = useRef({ letters: '', at: 0 });
  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / Math.max(1, rowHeight)) - 1);
    const next = nextRow(event.key, active, items.length - 1, page);
    if (next !== null) setActive(next);
    else if (event.key === 'Enter') open(active);
    else return false;
    event.preventDefault();
    return true;
  };
  const onListKey = (event: KeyboardEvent) => {
    if (onKey(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === ' ') open(active);
    else if (event.key.length === 1) {
      const { letters, at } = typed.current;
      const together = event.timeStamp - at < TYPING_MS ? letters + event.key : event.key;
      typed.current = { letters: together, at: event.timeStamp };
      const titles = items.map(({ title }) => title);
      setActive(typeahead(titles, together, active) ?? active);
    } else return;
    event.preventDefault();
  };
  return { onKey, onListKey };
}

/** The row that a key moves to; null for other keys. */
function nextRow(key: string, active: number, last: number, page: number): number | null {
  const rows: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    ...(last > 0 && { Home: 0, End: last }),
  };
  const row = rows[key];
  return row === undefined ? null : Math.max(0, Math.min(last, row));
}

interface SearchFieldProps {
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly activeId: string | undefined;
  readonly onKey: (event: KeyboardEvent) => void;
}

function SearchField({ query, setQuery, activeId, onKey }: SearchFieldProps) {
  return (
    <label class="field search">
      <span>Context</span>
      <input
        id="search"
        type="search"
        // biome-ignore lint/a11y/noRedundantRoles: implied only for an input with a list
        role="combobox"
        list={undefined}
        placeholder="name, agent, question, attribute"
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
        aria-expanded="true"
        aria-controls="context-list"
        aria-autocomplete="list"
        aria-activedescendant={activeId}
        value={query}
        onInput={(event) => setQuery(event.currentTarget.value)}
        onKeyDown={onKey}
      />
    </label>
  );
}

interface RowsProps extends Pick<ContextListProps, 'items' | 'current'> {
  readonly active: number;
  readonly view: View;
  readonly open: (row: number) => void;
}

/** As high as all rows together, with the visible ones in their places. */
function Rows({ items, current, active, view, open }: RowsProps) {
  const { rowHeight, scrollTop, height } = view;
  const { first, end } = listWindow(items.length, rowHeight, scrollTop, height);
  return (
    <div
      class="list-inside"
      role="presentation"
      style={{ height: `${items.length * rowHeight}px` }}
    >
      {items.slice(first, end).map((item, offset) => {
        const index = first + offset;
        return (
          <Row
            key={item.context.name}
            item={item}
            index={index}
            of={items.length}
            top={index * rowHeight}
            isActive={index === active}
            isCurrent={item.context.name === current}
            open={() => open(index)}
          />
        );
      })}
    </div>
  );
}

interface RowProps {
  readonly item: ListedContext;
  readonly index: number;
  readonly of: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly isCurrent: boolean;
  readonly open: () => void;
}

function Row({ item, index, of, top, isActive, isCurrent, open }: RowProps) {
  const { context, title, fit } = item;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys
    <div
      id={optionId(index)}
      class={isActive ? 'option active' : 'option'}
      role="option"
      tabIndex={-1}
      aria-selected={isCurrent}
      aria-posinset={index + 1}
      aria-setsize={of}
      style={{ top: `${top}px` }}
      onClick={open}
    >
      <span class="option-title">{title}</span>
      {fit.warnings.length > 0 && <span class="mark-warn">falls short</span>}
      <span class="option-agent">{context.agent || context.question}</span>
    </div>
  );
}

interface Scroller {
  readonly current: HTMLDivElement | null;
}

interface View {
  readonly rowHeight: number;
  readonly scrollTop: number;
  readonly height: number;
  /** Measures again. */
  readonly follow: () => void;
}

/** Scroll position and height of the list, and the height of a row. */
function useScroll(scroller: Scroller): View {
  const [view, setView] = useState({ rowHeight: 0, scrollTop: 0, height: 0 });
  const [follow] = useState(() => () => {
    const list = scroller.current;
    if (!list) return;
    const rowHeight = Number.parseFloat(getComputedStyle(list).getPropertyValue('line-height'));
    const { scrollTop, clientHeight: height } = list;
    setView((before) =>
      before.rowHeight === rowHeight && before.scrollTop === scrollTop && before.height === height
        ? before
        : { rowHeight, scrollTop, height },
    );
  });
  useLayoutEffect(() => {
    const list = scroller.current;
    if (!list) return;
    follow();
    const watch = new ResizeObserver(follow);
    watch.observe(list);
    list.addEventListener('scroll', follow, { passive: true });
    return () => {
      watch.disconnect();
      list.removeEventListener('scroll', follow);
    };
  }, [scroller, follow]);
  return { ...view, follow };
}

/** Scrolls just enough to show the active row. */
function useRowInSight(
  scroller: Scroller,
  { rowHeight, follow }: View,
  row: number,
  items: readonly unknown[],
): void {
  useLayoutEffect(() => {
    const list = scroller.current;
    if (!list || rowHeight === 0) return;
    list.scrollTop = scrollToRow(row, rowHeight, list.scrollTop, list.clientHeight);
    follow();
  }, [row, rowHeight, items, follow]);
}
