// How each language writes a text, so that whatever is pasted means the text and nothing else. Client ids and
// addresses come from outside, too (dynamic registration, client ID metadata documents).

const unit = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
// What ends a script in a page, what cannot be seen, and what changes the order in which code is seen.
const ESCAPED = /[<\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
// Stands for itself, bare, in every settings file here.
const PLAIN = /^[\w./:@%+,=-]+$/;

// These six read the escapes of JSON alike.
export const js = (text) => JSON.stringify(text).replace(ESCAPED, unit);
export { js as json, js as python, js as go, js as csharp, js as toml };

// Rust writes \u{…}, and has neither \b nor \f.
const RUST = { b: "\\u{8}", f: "\\u{c}" };
export const rust = (text) => js(text).replace(/\\(?:u(....)|(.))/g, (all, hex, letter) => (hex ? `\\u{${hex}}` : RUST[letter] || all));

export const php = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// The formats from here on cannot write every text: null for those.

// Only what a shell, Compose and the dotenv libraries all read alike: they differ on \' and \\, and some
// replace $NAME in any quotes.
export const dotenv = (text) => {
  if (PLAIN.test(text)) return text;
  if (/\p{Cc}|\$[{\w]/u.test(text)) return null;
  if (!/'|\\(\\|$)/.test(text)) return `'${text}'`;
  return /["$`\\]/.test(text) ? null : `"${text}"`;
};

// Of Spring, which has no escape for ${ that all its versions know.
export const properties = (text) => (text.includes("${") ? null : text.replace(/\\/g, "\\\\").replace(/^ /, "\\ ").replace(/[^ -~]/g, unit));

// Of Grafana: nothing is escaped in backquotes, and its variables are replaced there, too.
export const ini = (text) => (PLAIN.test(text) ? text : /[`\p{Cc}]|%\(|\$\w*\{/u.test(text) ? null : `\`${text}\``);

// Of Apache httpd, which replaces ${NAME} before it looks for quotes.
export const apache = (text) => (PLAIN.test(text) ? text : /\p{Cc}|\$\{/u.test(text) ? null : `"${text.replace(/[\\"]/g, "\\$&")}"`);

// A line of a settings file, or a remark in its place.
export const setting = (quote, name, value) => {
  const text = quote(value);
  return text === null ? `# ${name.replace(/[\s=]+$/, "")}: its value cannot be written safely in this file. Set it elsewhere.` : name + text;
};
