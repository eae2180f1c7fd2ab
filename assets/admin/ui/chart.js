// Stacked bars as SVG, colored by the style sheet, with the same data as a table.
import { html } from "../html.js";
import { Time, number } from "./basics.js";
import { Table } from "./table.js";

// `buckets`: [{ at, issued, failed }], oldest first.
export const Bars = ({ buckets, label }) => {
  const width = 960,
    height = 120;
  const most = Math.max(1, ...buckets.map((bucket) => bucket.issued + bucket.failed));
  const step = width / Math.max(1, buckets.length);
  const tall = (n) => (n / most) * (height - 8);
  return html`
    <figure class="chart">
      <svg viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${label} preserveAspectRatio="none">
        ${[0.25, 0.5, 0.75].map((part) => html`
          <line class="grid" x1="0" x2=${width} y1=${height * part} y2=${height * part} />
        `)}
        ${buckets.map((bucket, i) => {
          const issued = tall(bucket.issued),
            failed = tall(bucket.failed);
          const when = new Date(bucket.at * 1000).toLocaleString();
          return html`
            <g>
              <title>${`${when}: ${number(bucket.issued)} issued, ${number(bucket.failed)} failed`}</title>
              <rect class="hit" x=${i * step} y="0" width=${step} height=${height} />
              <rect
                class="issued"
                x=${i * step + step * 0.15}
                y=${height - issued}
                width=${step * 0.7}
                height=${issued}
                rx="2"
              />
              <rect
                class="failed"
                x=${i * step + step * 0.15}
                y=${height - issued - failed}
                width=${step * 0.7}
                height=${failed}
                rx="2"
              />
            </g>
          `;
        })}
      </svg>
      <figcaption class="soft">
        Peak: ${number(most)} in 30 minutes
        <details>
          <summary>View as table</summary>
          <${Table}
            label="Chart data"
            columns=${[
              {
                title: "Start",
                cell: (bucket) => html`<${Time} at=${bucket.at} full />`,
              },
              { title: "Issued", kind: "number", cell: (bucket) => number(bucket.issued) },
              { title: "Failed", kind: "number", cell: (bucket) => number(bucket.failed) },
            ]}
            rows=${buckets}
            keyOf=${(bucket) => bucket.at}
          />
        </details>
      </figcaption>
    </figure>
  `;
};
