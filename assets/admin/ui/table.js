// Table of all pages. Columns are as wide as their content if there is room; otherwise texts end in an ellipsis and
// are shown in full on hover and focus. If that is not enough, minor columns are left out; and if that is not enough
// either, or below 1000 px, each row is a card.
import { html, useEffect, useRef, useState } from "../html.js";
import { copy } from "./basics.js";
import { makeReachable } from "./full_text.js";
import { Icon } from "./icon.js";

/**
 * @template Item
 * @typedef {object} Column
 * @property {string} title
 * @property {(item: Item) => any} cell
 * @property {"name" | "fit" | "prose" | "action" | "number"} [kind] A name with badges, a short value that is
 *   never cut off, a text of several lines, buttons, or a number. Without: a text of one line.
 * @property {boolean} [minor] Whether it is left out when not all columns have room.
 * @property {string} [sort] Sort key of the API, with `-` in front for descending first.
 */

// Minimum and maximum width of a column.
const WIDTHS = {
  name: "minmax(16rem, auto)",
  fit: "max-content",
  number: "max-content",
  action: "max-content",
  prose: "minmax(10rem, 2fr)",
  text: "minmax(6.5rem, auto)",
};

// Explicit roles: an element without table layout loses its implicit one.
/**
 * @template Item
 * @param {object} props
 * @param {string} props.label
 * @param {Column<Item>[]} props.columns
 * @param {Item[]} props.rows
 * @param {(item: Item) => string | number} props.keyOf
 * @param {string} [props.sort] The column that sorts now.
 * @param {(sort: string) => void} [props.onSort]
 * @param {boolean} [props.copies] Whether each row ends with a button that copies its key.
 */
export const Table = ({ label, columns, rows, keyOf, sort = "", onSort, copies = false }) => {
  const table = useRef(/** @type {HTMLTableElement | null} */ (null));
  const layout = useLayout(table);
  const shown = layout === "major" ? columns.filter((column) => !column.minor) : columns;
  const widths = shown.map((column) => WIDTHS[column.kind ?? "text"]);
  if (copies) widths.push("max-content");
  return html`
    <table
      class=${layout === "cards" ? "rows cards" : "rows"}
      role="table"
      aria-label=${label}
      ref=${table}
      style=${{ gridTemplateColumns: widths.join(" ") }}
    >
      <thead role="rowgroup">
        <tr role="row">
          ${shown.map((column) => html`
            <${Heading} column=${column} sort=${sort} onSort=${onSort} key=${column.title} />
          `)}
          ${copies && html`
            <th scope="col" role="columnheader" class="copy">
              <span class="offscreen">Copy</span>
            </th>
          `}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map((row) => html`
          <tr role="row" key=${keyOf(row)}>
            ${shown.map((column) => html`
              <td role="cell" class=${column.kind} data-label=${column.title} key=${column.title}>
                <div class="cell">${column.cell(row)}</div>
              </td>
            `)}
            ${copies && html`
              <td role="cell" class="copy">
                <button
                  type="button"
                  class="bare"
                  title="Copy ID"
                  aria-label=${`Copy ${keyOf(row)}`}
                  onClick=${() => copy(String(keyOf(row)), "ID copied.")}
                >
                  <${Icon} name="copy" size=${16} />
                </button>
              </td>
            `}
          </tr>
        `)}
      </tbody>
    </table>
  `;
};

// From the most room to the least.
const LAYOUTS = ["all", "major", "cards"];
const narrow = matchMedia("(max-width: 1000px)");

/** Layout that fits, found by trying. */
function useLayout(table) {
  const [at, setAt] = useState(narrow.matches ? 2 : 0);
  // Width of each layout that did not fit.
  const needed = useRef([0, 0]);
  const measure = () => {
    const element = table.current;
    if (!element) return;
    makeReachable(element);
    const room = element.clientWidth;
    if (narrow.matches) setAt(2);
    else if (at < 2 && element.scrollWidth > room) {
      needed.current[at] = element.scrollWidth;
      setAt(at + 1);
    } else if (at > 0 && room >= needed.current[at - 1]) setAt(at - 1);
  };
  useEffect(() => {
    const observer = new ResizeObserver(measure);
    observer.observe(table.current);
    return () => observer.disconnect();
  }, [at]);
  useEffect(measure);
  return LAYOUTS[at];
}

const plain = (sort) => sort.replace(/^-/, "");

// Column title; a click sorts, another click reverses.
const Heading = ({ column, sort, onSort }) => {
  if (!column.sort || !onSort)
    return html`
      <th scope="col" role="columnheader" class=${column.kind}>
        ${column.title}
      </th>
    `;
  const isIt = plain(sort) === plain(column.sort);
  const isDown = sort.startsWith("-");
  const next = !isIt ? column.sort : isDown ? plain(sort) : `-${sort}`;
  return html`
    <th
      scope="col"
      role="columnheader"
      class=${column.kind}
      aria-sort=${isIt ? (isDown ? "descending" : "ascending") : undefined}
    >
      <button type="button" class="sort" onClick=${() => onSort(next)}>
        ${column.title}
        <span aria-hidden="true">${isIt ? (isDown ? "↓" : "↑") : "↕"}</span>
      </button>
    </th>
  `;
};

// Name of a row with badges; the name is shortened, the badges are not.
export const Named = ({ children, badges }) => html`
  <span class="named">
    <span class="clip">${children}</span>
    ${badges}
  </span>
`;
