// What the running server has read of a command's change.

/** Waits until the server serves the resource's metadata (RFC 9728 §3.1), which it has by the resource's path. */
export async function resourceIsKnown(issuer, resource) {
  const metadata = `${issuer}/.well-known/oauth-protected-resource${new URL(resource).pathname}`;
  for (;;) {
    const answer = await fetch(metadata);
    if (answer.ok && (await answer.json()).resource === resource) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
