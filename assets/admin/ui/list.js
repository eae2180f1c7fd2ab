// Lists: search, filters in the address, page by page, every state of them.
import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Button, Empty, Note, Skeleton } from "./basics.js";
import { Icon } from "./icon.js";

// `columns`: [{ title, cell(item), class }]. `filters`: [{ name, label, options: [[value, text]] }], those
// without options are typed. `first`: items to be shown before those that were loaded, such as newer ones.
// `empty`: what a list shows that has nothing in it at all.
export const List = ({ path, columns, filters = [], search = "Search", empty, keyOf, extra, label, version = 0, first = [] }) => {
  const { query } = useLocation();
  const [state, setState] = useState({ items: null, next: null, error: null, more: false });
  const turn = useRef(0);
  const asked = { q: query.q };
  filters.forEach((filter) => { asked[filter.name] = query[filter.name]; });
  const isFiltered = Object.values(asked).some(Boolean);
  const load = async (cursor) => {
    const mine = ++turn.current;
    if (cursor) setState((before) => ({ ...before, more: true }));
    try {
      const [base, fixed] = path.split("?");
      const page = await api.get(base, { ...Object.fromEntries(new URLSearchParams(fixed || "")), ...asked, cursor });
      if (mine !== turn.current) return;
      setState((before) => ({ items: cursor ? [...before.items, ...page.items] : page.items, next: page.next, error: null, more: false }));
    } catch (error) {
      if (mine === turn.current) setState({ items: null, next: null, error, more: false });
    }
  };
  useEffect(() => { load(); return () => { turn.current++; }; }, [path, JSON.stringify(asked), version]);
  const known = new Set(first.map(keyOf));
  const items = state.items === null ? [] : [...first, ...state.items.filter((item) => !known.has(keyOf(item)))];
  return html`<div class="list">
    ${(search || filters.length > 0 || extra) && html`<div class="bar">
      ${search && html`<${Search} placeholder=${search} value=${query.q || ""} />`}
      ${filters.map((filter) => (filter.options ? html`<label key=${filter.name}><span class="offscreen">${filter.label}</span>
        <select value=${query[filter.name] || ""} onChange=${(event) => setQuery({ [filter.name]: event.target.value })}>
          <option value="">${filter.label}: all</option>
          ${filter.options.map(([value, text]) => html`<option value=${value} selected=${value === query[filter.name]}>${text}</option>`)}
        </select></label>` : html`<${Typed} key=${filter.name} name=${filter.name} label=${filter.label} type=${filter.type} value=${query[filter.name] || ""} />`))}
      <div class="aside">${extra}</div>
    </div>`}
    ${state.error ? html`<${Note} kind="bad" role="alert" title="The list could not be loaded.">${state.error.message}
        <button type="button" class="link" onClick=${() => load()}>Try again</button><//>`
      : state.items === null ? html`<${Skeleton} lines=${6} />`
      : items.length === 0 ? (isFiltered
        ? html`<${Empty} icon="funnel" title="Nothing matches">
            <button type="button" class="link" onClick=${() => setQuery(Object.fromEntries(Object.keys(asked).map((name) => [name, ""])))}>
              Take out ${Object.entries(asked).filter(([, value]) => value).map(([name, value]) => (name === "q" ? `“${value}”` : `${name}: ${value}`)).join(" and ")}</button><//>`
        : empty)
      : html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
          <table>
            <thead><tr>${columns.map((column) => html`<th scope="col" class=${column.class} key=${column.title}>${column.title}</th>`)}</tr></thead>
            <tbody>${items.map((item) => html`<tr key=${keyOf(item)}>${columns.map((column) => html`
              <td class=${column.class} key=${column.title}>${column.cell(item)}</td>`)}</tr>`)}</tbody>
          </table></div>
        ${state.next && html`<div class="more"><${Button} busy=${state.more} onClick=${() => load(state.next)}>Show more<//></div>`}`}
  </div>`;
};

const Typed = ({ name, label, type = "text", value }) => {
  const [text, setText] = useState(value);
  const timer = useRef();
  useEffect(() => setText(value), [value]);
  return html`<label class="typed"><span class="offscreen">${label}</span>
    <input type=${type} placeholder=${label} value=${text} spellcheck="false" onInput=${(event) => {
      setText(event.target.value);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setQuery({ [name]: event.target.value.trim() }), 300);
    }} /></label>`;
};

const Search = ({ placeholder, value }) => {
  const [text, setText] = useState(value);
  const timer = useRef();
  useEffect(() => setText(value), [value]);
  return html`<div class="search"><${Icon} name="search" />
    <input type="search" data-search aria-label=${placeholder} placeholder=${placeholder} value=${text} onInput=${(event) => {
      setText(event.target.value);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setQuery({ q: event.target.value }), 200);
    }} /></div>`;
};
