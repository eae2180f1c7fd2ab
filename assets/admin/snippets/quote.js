// How each language writes a text, so that it is no code where it is pasted: some ids and addresses come from outside.

const unit = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
// Bare in every settings file here.
const PLAIN = /^[\w./:@%+,=-]+$/;

// These read the escapes of JSON. Escaped, too, is what ends a script in a page, is not seen, or turns the order of
// what is.
export const js = (text) =>
  JSON.stringify(text).replace(/[<\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, unit);
export { js as json, js as python, js as go, js as csharp, js as toml };

export const rust = (text) =>
  js(text).replace(/\\(?:u(....)|(.))/g, (all, hex, letter) =>
    hex ? `\\u{${hex}}` : { b: "\\x08", f: "\\x0c" }[letter] || all,
  );
export const php = (text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
export const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// From here on null stands for what the format cannot write.

// What a shell, Compose and the dotenv libraries read alike: some know \' and \\, some replace $NAME in any quotes.
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

// A line of a settings file, or a remark in its place.
export const setting = (quote, name, value) => {
  const text = quote(value);
  return text === null
    ? `# ${name.replace(/[\s=]+$/, "")}: this value cannot be escaped in this format.`
    : name + text;
};
