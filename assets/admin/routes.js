// Every page of the admin page: its address, its module, and its place in the navigation. The side bar,
// the palette and the shortcuts (`g` and then `key`) read this table.

export const ROUTES = [
  { path: "", title: "Overview", icon: "layout-dashboard", group: "", key: "o", load: () => import("./pages/overview.js") },
  { path: "clients", title: "Clients", icon: "app-window", group: "", key: "c", load: () => import("./pages/clients.js") },
  { path: "clients/new", title: "New client", load: () => import("./pages/client_new.js") },
  { path: "clients/:id/:tab?", title: "Client", under: "clients", load: () => import("./pages/client.js") },
];

export const GROUPS = ["", "Watch", "Tools", "Server"];
