// Settings and code with a client's values. `text({ issuer, client, secret, redirect })`; an unknown value is an
// environment variable, never an invented one.
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

// Groups of the snippets that fit this client, without empty groups.
export const fitting = (client) =>
  GROUPS.map(({ title, snippets }) => ({ title, snippets: snippets.filter((one) => one.fits(client)) })).filter(
    ({ snippets }) => snippets.length > 0,
  );
