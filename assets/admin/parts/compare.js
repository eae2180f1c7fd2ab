// Sent and expected value, with the characters that differ marked.
import { html } from "../html.js";

// Number of characters that two texts share at the start, and of the rest at the end.
function shared(a, b) {
  const [x, y] = [[...a], [...b]];
  let start = 0;
  while (start < x.length && start < y.length && x[start] === y[start]) start++;
  let end = 0;
  while (end < x.length - start && end < y.length - start && x[x.length - 1 - end] === y[y.length - 1 - end])
    end++;
  return { start, end };
}

// `text` in three parts, of which the middle one differs from `other`.
function parts(text, other) {
  const { start, end } = shared(text, other);
  const all = [...text];
  return [
    all.slice(0, start).join(""),
    all.slice(start, all.length - end).join(""),
    all.slice(all.length - end).join(""),
  ];
}

const Marked = ({ text, other }) => {
  if (!text) return html`<i>empty</i>`;
  if (other === undefined) return text;
  const [before, differs, after] = parts(text, other);
  return html`
    ${before}
    ${differs && html`<mark>${differs}</mark>`}
    ${after}
  `;
};

// Marks differences only if at least half of the value is the same.
function nearest(sent, expected) {
  const rated = expected.map((value) => {
    const { start, end } = shared(sent, value);
    return { value, common: start + end };
  });
  const good = rated.filter(({ value, common }) => common * 2 >= Math.max(sent.length, value.length));
  return good.sort((a, b) => b.common - a.common).map(({ value }) => value)[0];
}

export const Compare = ({ sent, expected, label = "Expected" }) => {
  const like = nearest(sent, expected);
  return html`
    <dl class="compare">
      <div class="got">
        <dt>Sent</dt>
        <dd>
          <${Marked} text=${sent} other=${like} />
        </dd>
      </div>
      ${expected.map((value) => html`
        <div class="expected" key=${value}>
          <dt>${label}</dt>
          <dd>
            <${Marked} text=${value} other=${value === like ? sent : undefined} />
          </dd>
        </div>
      `)}
      ${expected.length === 0 && html`
        <div class="expected">
          <dt>Expected</dt>
          <dd>
            <i>none registered</i>
          </dd>
        </div>
      `}
    </dl>
  `;
};
