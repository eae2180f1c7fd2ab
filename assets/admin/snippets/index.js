// Settings and code with a client's own values, to be pasted. `text({ issuer, client, secret, redirect })`;
// what is not known yet stands as a variable of the environment, never as an invented value.
import { ENV } from "./env.js";
import { CODE } from "./code.js";
import { SOFTWARE } from "./software.js";
import { APIS } from "./apis.js";

/**
 * @type {{
 *   title: string,
 *   snippets: { id: string, title: string, fits: (client: any) => boolean, text: (values: any) => string }[]
 * }[]}
 */
export const GROUPS = [
  { title: "Environment", snippets: [ENV] },
  { title: "Libraries", snippets: CODE },
  { title: "Applications", snippets: SOFTWARE },
  { title: "APIs: validate tokens", snippets: APIS },
];

// The groups with what fits this client, without those where nothing does.
export const fitting = (client) =>
  GROUPS.map(({ title, snippets }) => ({ title, snippets: snippets.filter((one) => one.fits(client)) })).filter(
    ({ snippets }) => snippets.length > 0,
  );
