// Labels for values of the API, the same on every page. The values themselves come from the API (`/choices`).

/** @typedef {Record<string, string>} Words */

/** @type {Words} */
export const OUTCOMES = { ok: "Success", failed: "Failed", open: "In progress" };
/** @type {Words} */
export const STATES = {
  active: "Active",
  inactive: "Revoked or expired",
  revoked: "Revoked",
  expired: "Expired",
};
/** @type {Words} */
export const ROLES = { member: "Member", admin: "Admin" };
/** What the roles of a team may do, where one is chosen. @type {Words} */
export const ROLE_CHOICES = { member: "Member", admin: "Admin: can act for other members" };
/** How tokens and grants came about. @type {Words} */
export const ORIGINS = {
  authorization_code: "Authorization code",
  refresh_token: "Refresh token",
  client_credentials: "Client credentials",
  device_code: "Device authorization",
  delegated_token: "Delegated token",
  principal_token: "Principal token",
  token_exchange: "Token exchange",
  jwt_bearer: "JWT bearer",
  cookie: "Browser session",
  operator: "Issued by an administrator",
};
/** Kinds of objects. @type {Words} */
export const KINDS = {
  scope: "scope",
  team: "team",
  user: "user",
  client: "client",
  resource: "API",
  trusted_issuer: "trusted issuer",
};
/** What an import does with an object. @type {Words} */
export const ACTIONS = { create: "Create", update: "Update", disable: "Disable", delete: "Delete" };

/**
 * Label of a value; without one, the value itself in sentence case.
 * @param {Words} words
 * @param {string} value
 */
export const labelOf = (words, value) => {
  const own = value.replaceAll("_", " ");
  return words[value] ?? own.charAt(0).toUpperCase() + own.slice(1);
};
