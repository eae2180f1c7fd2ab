// Lists: search, filters in the URL, paging, and their empty and error states.
import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Button, Empty, Note, Skeleton } from "./basics.js";
import { Icon } from "./icon.js";
import { Table } from "./table.js";

/**
 * @typedef {{
 *   items: any[] | null, next: string | null, error: import("../api.js").Problem | null, more: boolean
 * }} Loading
 */

// `columns`: see Table. `order`: the order when none is chosen. `filters`: [{ name, label, type, options }], where
// `options` are [[value, text]], `type: "time"` is a date and time, and the others are typed. `first`: items to show
// before those that were loaded, such as newer ones. `watching`: a new `version` comes without a user's action.
// `files`: [[text, path, format]], the filtered list. `empty`: shown when the list has no items at all.
/**
 * @param {{
 *   path: string, columns: import("./table.js").Column<any>[], order?: string, filters?: any[],
 *   search?: string | null, empty: any, keyOf: (item: any) => any, extra?: any, label: string, version?: number,
 *   watching?: boolean, first?: any[], files?: any[][]
 * }} props
 */
export const List = ({
  path,
  columns,
  order,
  filters = [],
  search = "Search",
  empty,
  keyOf,
  extra,
  label,
  version = 0,
  watching = false,
  first = [],
  files,
}) => {
  const { query } = useLocation();
  const [state, setState] = useState(
    /** @type {Loading} */ ({
      items: null,
      next: null,
      error: null,
      more: false,
    }),
  );
  const turn = useRef(0);
  const [base, fixed] = path.split("?");
  const asked = { q: search ? query.q : undefined };
  filters.forEach((filter) => {
    asked[filter.name] = query[filter.name];
  });
  const wanted = { ...Object.fromEntries(new URLSearchParams(fixed || "")), ...asked };
  const isFiltered = Object.values(asked).some(Boolean);
  const sort = query.sort || order;
  const looked = useRef(version);
  const load = async (cursor, get = api.get) => {
    const mine = ++turn.current;
    if (cursor) setState((before) => ({ ...before, more: true }));
    try {
      const page = await get(base, { ...wanted, sort: query.sort, cursor });
      if (mine !== turn.current) return;
      setState((before) => ({
        items: cursor ? [...(before.items ?? []), ...page.items] : page.items,
        next: page.next,
        error: null,
        more: false,
      }));
    } catch (error) {
      if (mine === turn.current) setState({ items: null, next: null, error, more: false });
    }
  };
  useEffect(() => {
    const looks = watching && looked.current !== version;
    looked.current = version;
    load(undefined, looks ? api.watch : api.get);
    return () => {
      turn.current++;
    };
  }, [path, JSON.stringify(asked), query.sort, version]);
  const known = new Set(first.map(keyOf));
  const items =
    state.items === null ? [] : [...first, ...state.items.filter((item) => !known.has(keyOf(item)))];
  return html`
    <div class="list">
      <div class="bar">
        ${search && html`<${Search} placeholder=${search} value=${query.q || ""} />`}
        ${filters.map((filter) =>
          filter.type === "time" ? html`
            <${Moment}
              key=${filter.name}
              name=${filter.name}
              label=${filter.label}
              value=${query[filter.name] || ""}
            />
          ` : filter.options ? html`
            <label key=${filter.name}>
              <span class="offscreen">${filter.label}</span>
              <select
                value=${query[filter.name] || ""}
                onChange=${(event) => setQuery({ [filter.name]: event.currentTarget.value })}
              >
                <option value="">${filter.label}: all</option>
                ${filter.options.map(([value, text]) => html`
                  <option value=${value} selected=${value === query[filter.name]}>
                    ${text}
                  </option>
                `)}
              </select>
            </label>
          ` : html`
            <${Typed} key=${filter.name} name=${filter.name} label=${filter.label} value=${query[filter.name] || ""} />
          `,
        )}
        <div class="aside">
          ${extra}
          ${(files || [["JSON", base, "json"]]).map(([text, from, format]) => html`
            <a
              class="button small"
              key=${format}
              download
              title="Download the full list with these filters, in this order"
              href=${api.href(from, { ...wanted, sort: query.sort, format })}
            >
              <${Icon} name="download" size=${16} />
              <span>${text}</span>
            </a>
          `)}
        </div>
      </div>
      ${state.error ? html`
        <${Note} kind="bad" role="alert" title="Could not load the list.">
          ${state.error.message}${" "}
          <button
            type="button"
            class="link"
            onClick=${() => (state.error?.field === "sort" ? setQuery({ sort: "" }) : load())}
          >
            Try again
          </button>
        <//>
      ` : state.items === null ? html`
        <${Skeleton} lines=${6} />
      ` : items.length === 0 ? (
        isFiltered ? html`
          <${Nothing} key=${JSON.stringify(asked)} base=${base} wanted=${wanted} asked=${asked} filters=${filters} />
        ` : (
          empty
        )
      ) : html`
        <${Table}
          label=${label}
          columns=${columns}
          rows=${items}
          keyOf=${keyOf}
          copies
          sort=${sort}
          onSort=${(next) => setQuery({ sort: next === order ? "" : next })}
        />
        ${state.next && html`
          <div class="more">
            <${Button} busy=${state.more} onClick=${() => load(state.next)}>
              Load more
            <//>
          </div>
        `}
      `}
    </div>
  `;
};

// Filters that hide all results: the list is loaded without each of them in turn.
const Nothing = ({ base, wanted, asked, filters }) => {
  const given = Object.entries(asked).filter(([, value]) => value);
  const [blamed, setBlamed] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    let gone = false;
    given.length > 1 &&
      Promise.all(
        given.map(async ([name]) => {
          const page = await api.get(base, { ...wanted, [name]: undefined, limit: 1 });
          return page.items.length > 0 ? name : null;
        }),
      ).then(
        (found) => {
          if (!gone) setBlamed(found.filter((name) => name !== null));
        },
        () => {},
      );
    return () => {
      gone = true;
    };
  }, []);
  const text = ([name, value]) =>
    name === "q"
      ? `“${value}”`
      : `${(filters.find((filter) => filter.name === name) || { label: name }).label}: ${value}`;
  const out = (some) => html`
    <button
      type="button"
      class="link"
      onClick=${() => setQuery(Object.fromEntries(some.map(([name]) => [name, ""])))}
    >
      Clear ${some.map(text).join(" and ")}
    </button>
  `;
  const culprits = given.filter(([name]) => blamed.includes(name));
  return html`
    <${Empty} icon="funnel" title="No results">
      ${culprits.length > 0 ? html`
        <p>
          ${culprits.length === 1 ? "No results for this filter:" : "Each of these filters hides all results:"}
        </p>
        ${culprits.map((one) => html`
          <div key=${one[0]}>${out([one])}</div>
        `)}
      ` : (
        out(given)
      )}
    <//>
  `;
};

/** @param {{ name: string, label: string, value: string }} props */
const Typed = ({ name, label, value }) => {
  const [text, setText] = useState(value);
  const timer = useRef(/** @type {any} */ (null));
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return html`
    <label class="typed">
      <span class="offscreen">${label}</span>
      <input
        type="text"
        placeholder=${label}
        value=${text}
        spellcheck=${false}
        onInput=${(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setQuery({ [name]: typed.trim() }), 300);
        }}
      />
    </label>
  `;
};

// Local time; Unix seconds in the URL.
/** @param {{ name: string, label: string, value: string }} props */
const Moment = ({ name, label, value }) => {
  const local = (seconds) => {
    const at = new Date(seconds * 1000);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  };
  const set = (event) => {
    const at = new Date(event.currentTarget.value).getTime();
    setQuery({ [name]: Number.isNaN(at) ? "" : String(Math.floor(at / 1000)) });
  };
  return html`
    <label class="moment">
      <span>${label}</span>
      <input type="datetime-local" value=${Number(value) > 0 ? local(Number(value)) : ""} onChange=${set} />
    </label>
  `;
};

const Search = ({ placeholder, value }) => {
  const [text, setText] = useState(value);
  const timer = useRef(/** @type {any} */ (null));
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return html`
    <div class="search">
      <${Icon} name="search" />
      <input
        type="search"
        data-search
        aria-label=${placeholder}
        placeholder=${placeholder}
        value=${text}
        onInput=${(event) => {
          const typed = event.currentTarget.value;
          setText(typed);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setQuery({ q: typed }), 200);
        }}
      />
    </div>
  `;
};
