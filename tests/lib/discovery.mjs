// What the running server has read of a command's change.

/** Waits until discovery names the scope: then the server knows the resource that has it. */
export async function scopeIsKnown(issuer, scope) {
  for (;;) {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
    if ((await answer.json()).scopes_supported.includes(scope)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
