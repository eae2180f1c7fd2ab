// Token handed to the inspector: in memory, never in a URL.
let token = "";

export function hand(text) {
  token = text;
  dispatchEvent(new Event("token-handed"));
}

export function taken() {
  const text = token;
  token = "";
  return text;
}
