// Table of all pages: path, module, and place in the navigation. The side bar, the search and the shortcuts (`g`, then
// `key`) are made from it.

export const ROUTES = [
  {
    path: "",
    title: "Overview",
    icon: "layout-dashboard",
    group: "",
    key: "o",
    load: () => import("./pages/overview.js"),
  },
  {
    path: "clients",
    title: "Clients",
    icon: "app-window",
    group: "",
    key: "c",
    load: () => import("./pages/clients.js"),
  },
  { path: "clients/new", title: "New client", load: () => import("./pages/client_new.js") },
  { path: "clients/:id/:tab?", title: "Client", under: "clients", load: () => import("./pages/client.js") },
  { path: "users", title: "Users", icon: "users", group: "", key: "u", load: () => import("./pages/users.js") },
  { path: "users/new", title: "New user", load: () => import("./pages/user_new.js") },
  { path: "users/import", title: "Import users", load: () => import("./pages/user_import.js") },
  { path: "users/:id/:tab?", title: "User", under: "users", load: () => import("./pages/user.js") },
  { path: "teams", title: "Teams", icon: "boxes", group: "", key: "t", load: () => import("./pages/teams.js") },
  { path: "teams/new", title: "New team", load: () => import("./pages/team_new.js") },
  { path: "teams/:id", title: "Team", under: "teams", load: () => import("./pages/team.js") },
  {
    path: "scopes",
    title: "Scopes",
    icon: "shield-check",
    group: "",
    key: "s",
    load: () => import("./pages/scopes.js"),
  },
  {
    path: "delegations",
    title: "Delegation",
    icon: "user-check",
    group: "",
    key: "d",
    load: () => import("./pages/delegations.js"),
  },
  {
    path: "resources",
    title: "APIs",
    icon: "link",
    group: "",
    key: "a",
    load: () => import("./pages/resources.js"),
  },
  { path: "resources/new", title: "New API", load: () => import("./pages/resource_new.js") },
  { path: "resources/:id", title: "API", under: "resources", load: () => import("./pages/resource.js") },
  {
    path: "delegations/:tab",
    title: "Delegation",
    under: "delegations",
    load: () => import("./pages/delegations.js"),
  },
  {
    path: "traces",
    title: "Traces",
    icon: "activity",
    group: "Monitor",
    key: "f",
    load: () => import("./pages/traces.js"),
  },
  { path: "traces/:id", title: "Trace", under: "traces", load: () => import("./pages/trace.js") },
  {
    path: "events",
    title: "Events",
    icon: "scroll-text",
    group: "Monitor",
    key: "e",
    load: () => import("./pages/events.js"),
  },
  {
    path: "tokens",
    title: "Sessions & tokens",
    icon: "clock",
    group: "Monitor",
    key: "l",
    load: () => import("./pages/tokens.js"),
  },
  { path: "tokens/:tab", title: "Sessions & tokens", under: "tokens", load: () => import("./pages/tokens.js") },
  {
    path: "trials",
    title: "Test sign-in",
    icon: "play",
    group: "Tools",
    key: "y",
    load: () => import("./pages/trial.js"),
  },
  { path: "trials/:id", title: "Trial", under: "trials", load: () => import("./pages/trial.js") },
  {
    path: "inspector",
    title: "Token inspector",
    icon: "fingerprint",
    group: "Tools",
    key: "i",
    load: () => import("./pages/inspector.js"),
  },
  {
    path: "keys",
    title: "Signing keys",
    icon: "key-round",
    group: "Server",
    key: "k",
    load: () => import("./pages/keys.js"),
  },
  {
    path: "trusted-issuers",
    title: "Trusted issuers",
    icon: "user-check",
    group: "Server",
    key: "j",
    load: () => import("./pages/trusted_issuers.js"),
  },
  { path: "trusted-issuers/new", title: "New trusted issuer", load: () => import("./pages/trusted_issuer.js") },
  {
    path: "trusted-issuers/:id",
    title: "Trusted issuer",
    under: "trusted-issuers",
    load: () => import("./pages/trusted_issuer.js"),
  },
  {
    path: "backup",
    title: "Backup & restore",
    icon: "database-backup",
    group: "Server",
    key: "b",
    load: () => import("./pages/backup.js"),
  },
  {
    path: "state",
    title: "Import & export",
    icon: "file-diff",
    group: "Server",
    key: "x",
    load: () => import("./pages/state.js"),
  },
  {
    path: "settings",
    title: "Settings",
    icon: "settings",
    group: "Server",
    key: ",",
    load: () => import("./pages/settings.js"),
  },
  { path: "settings/:tab", title: "Settings", under: "settings", load: () => import("./pages/settings.js") },
];

export const GROUPS = ["", "Monitor", "Tools", "Server"];

function match(pattern, parts) {
  const names = pattern ? pattern.split("/") : [];
  const params = {};
  for (let i = 0; i < Math.max(names.length, parts.length); i++) {
    const name = names[i];
    if (name === undefined) return null;
    if (name.startsWith(":")) {
      if (parts[i] === undefined && !name.endsWith("?")) return null;
      params[name.replace(/[:?]/g, "")] = parts[i];
    } else if (name !== parts[i]) return null;
  }
  return params;
}

/** Route of a path below /admin, and its parameters; null if there is no page. */
export function find(path) {
  let parts;
  // An incomplete escape, as in a URL that was cut off.
  try {
    parts = path ? path.split("/").map(decodeURIComponent) : [];
  } catch {
    return { route: null, params: {} };
  }
  for (const route of ROUTES) {
    const params = match(route.path, parts);
    if (params) return { route, params };
  }
  return { route: null, params: {} };
}
