// Quoting for each language, so that a pasted value is never code: some ids and URLs come from outside.

const unit = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
// Needs no quotes in any of the files here.
const PLAIN = /^[\w./:@%+,=-]+$/;

// Languages that read JSON escapes. Also escaped: what ends a script in a page, invisible characters, and characters
// that change the writing direction.
export const js = (text) =>
  JSON.stringify(text).replace(/[<\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, unit);
export { js as json, js as python, js as go, js as csharp, js as toml };

export const rust = (text) =>
  js(text).replace(/\\(?:u(....)|(.))/g, (all, hex, letter) =>
    hex ? `\\u{${hex}}` : { b: "\\x08", f: "\\x0c" }[letter] || all,
  );
export const php = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// From here on, null means that the format cannot express the value.

// Read alike by a shell, Compose and the dotenv libraries: some know \' and \\, some replace $NAME in any quotes.
export const dotenv = (text) => {
  if (PLAIN.test(text)) return text;
  if (/\p{Cc}|\$[{\w]/u.test(text)) return null;
  if (!/'|\\(\\|$)/.test(text)) return `'${text}'`;
  return /["$`\\]/.test(text) ? null : `"${text}"`;
};

// Spring: not all of its versions can escape ${.
export const properties = (text) =>
  text.includes("${")
    ? null
    : text
        .replace(/\\/g, "\\\\")
        .replace(/^ /, "\\ ")
        .replace(/[^ -~]/g, unit);

// Grafana replaces its variables in backquotes, too.
export const ini = (text) =>
  PLAIN.test(text) ? text : /[`\p{Cc}]|%\(|\$\w*\{/u.test(text) ? null : `\`${text}\``;

// Apache replaces ${NAME} before it looks for quotes.
export const apache = (text) =>
  PLAIN.test(text) ? text : /\p{Cc}|\$\{/u.test(text) ? null : `"${text.replace(/[\\"]/g, "\\$&")}"`;

// Line of a settings file, or a comment in its place.
export const setting = (quote, name, value) => {
  const text = quote(value);
  return text === null
    ? `# ${name.replace(/[\s=]+$/, "")}: this value cannot be escaped in this format.`
    : name + text;
};
