/**
 * The list of contexts with its search field. Only the rows in sight are in the document, so that
 * thousands are as smooth as ten. One row is active: arrow keys move it, from the field or in the
 * list, Enter opens it, letters typed into the list go to the next name that begins with them.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { listWindow } from './list-window.js';
import { typeahead } from './search.js';
import type { ListedContext } from './study.js';
import { useRowInSight, useScroll, type View } from './use-scroll.js';

interface ContextListProps {
  readonly items: readonly ListedContext[];
  /** Name of the context that the page shows. */
  readonly current: string | null;
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly choose: (name: string) => void;
}

const optionId = (index: number) => `context-option-${index}`;

/** Letters typed within this time belong together. */
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
      {items.length === 0 && <p class="nothing">No context has these words.</p>}
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

/** The row of the page's context, until keys move it or another search begins. */
function useActiveRow({ items, current, query }: ContextListProps) {
  const [active, setActive] = useState(0);
  const at = items.findIndex(({ context }) => context.name === current);
  useEffect(() => {
    if (at >= 0) setActive(at);
  }, [current]);
  // The best find is the first one, whatever is shown at the moment.
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

/** What keys do in the search field, and what else they do in the list. */
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

/** Where a key moves the active row; null for a key that does not. */
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
        // biome-ignore lint/a11y/noRedundantRoles: implied only of an input that has a list
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

/** As high as all rows would be, with those in sight in their places. */
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
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys, for all of its options
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
