// A new secret, until it has been copied: kept in memory only, never in storage.
const secrets = new Map();

export const keepSecret = (clientId, secret) => {
  if (secret) secrets.set(clientId, secret);
};
export const secretOf = (clientId) => secrets.get(clientId) || null;
export const forgetSecret = (clientId) => secrets.delete(clientId);
