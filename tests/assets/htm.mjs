// Templates of htm as JSX, and JSX as templates. The pages are served as they are written, so they say
// html`<${Card} title="Keys">${text}<//>`; formatter, linter and type checker read <Card title="Keys">{text}</Card>.
// Both directions keep every line break, so a line number in one is the line number in the other.

import { parse } from "@babel/parser";

const program = (source) =>
  parse(source, { sourceType: "module", plugins: ["jsx"], createParenthesizedExpressions: false }).program;

/** Calls `visit` for every node below `node`; a node for which it answers true is not entered. */
function walk(node, visit) {
  if (!node || typeof node.type !== "string" || visit(node)) return;
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof child === "object") walk(child, visit);
    }
  }
}

/** The text of `node`, in which each outermost node that `matches` is replaced by what `replace` makes of it. */
function rewrite(source, node, matches, replace) {
  const found = [];
  walk(node, (one) => {
    if (!matches(one)) return false;
    found.push(replace(one));
    return true;
  });
  let text = "";
  let at = node.start;
  for (const { start, end, by } of found.sort((one, other) => one.start - other.start)) {
    text += source.slice(at, start) + by;
    at = end;
  }
  return text + source.slice(at, node.end);
}

const isTemplate = (node) => node.type === "TaggedTemplateExpression" && node.tag.name === "html";

/** The module with JSX in place of its templates. */
export function toJsx(source) {
  const expression = (node) => rewrite(source, node, isTemplate, template);
  const template = (node) => ({ start: node.start, end: node.end, by: `(${markup(node.quasi, expression)})` });
  const whole = program(source);
  return rewrite(source, { ...whole, start: 0, end: source.length }, isTemplate, template);
}

/** The JSX of one template: its texts and tags one after the other, its expressions between them. */
function markup({ quasis, expressions }, expression) {
  const open = [];
  let roots = 0;
  let out = "";
  // Where the reader is: in a text, in a tag, or in a quoted value of one.
  let place = "text";
  const fail = (why) => {
    throw new SyntaxError(`line ${quasis[0].loc.start.line}: ${why}`);
  };
  quasis.forEach((quasi, index) => {
    let text = quasi.value.raw;
    // All between the braces: the expression, with the line breaks and comments around it.
    const next = expressions[index] && {
      ...expressions[index],
      start: quasi.end + 2,
      end: quasis[index + 1].start - 1,
    };
    while (text) {
      if (place === "text") {
        const at = text.indexOf("<");
        const words = at === -1 ? text : text.slice(0, at);
        if (/\\/.test(words)) fail("a backslash in a text: put it into an expression");
        if (/&#?\w+;/.test(words)) fail("htm does not decode entities");
        if (open.length === 0 && words.trim()) roots += 2;
        out += words.replace(/[{}>]/g, (sign) => `{"${sign}"}`);
        text = at === -1 ? "" : text.slice(at);
        if (at === -1) continue;
        const closing = /^<\/[^>]*>/.exec(text);
        if (closing) {
          if (open.length === 0) fail("more is closed than was opened");
          out += `</${open.pop()}>`;
          text = text.slice(closing[0].length);
          continue;
        }
        if (open.length === 0) roots += 1;
        const name = /^<([\w-]*)/.exec(text)[1];
        text = text.slice(1 + name.length);
        place = "tag";
        out += `<${name}`;
        // `<${Name}`: the name comes with the expression.
        open.push(name || null);
        if (!name && text) fail("a tag without a name");
      } else if (place === "tag") {
        const end = /^([^>"'/]|\/(?!>))*(\/?>|["'])?/.exec(text);
        const [piece] = end;
        const sign = end[2];
        if (!sign) {
          out += piece.replace(/\.\.\.$/, "");
          text = "";
        } else if (sign === '"' || sign === "'") {
          const close = text.indexOf(sign, piece.length);
          if (close === -1) fail("an expression within a quoted value: make the value one template string");
          out += text.slice(0, close + 1);
          text = text.slice(close + 1);
        } else {
          out += piece;
          text = text.slice(piece.length);
          if (sign === "/>") open.pop();
          place = "text";
        }
      }
    }
    if (!next) return;
    if (place === "text") {
      if (open.length === 0) roots += 2;
      out += `{${expression(next)}}`;
    } else if (open.at(-1) === null) {
      open[open.length - 1] = expression(next);
      out += open.at(-1);
    } else if (quasi.value.raw.endsWith("...")) {
      out += `{...${expression(next)}}`;
    } else {
      out += `{${expression(next)}}`;
    }
  });
  if (open.length > 0) fail(`<${open.at(-1)}> is not closed`);
  return roots === 1 ? out : `<>${out}</>`;
}

const isJsx = (node) => node.type === "JSXElement" || node.type === "JSXFragment";

/**
 * A fragment of several lines without its own two lines, and what is in it two columns further left:
 * a template needs no fragment.
 */
function withoutFragments(source) {
  const texts = [];
  const fragments = [];
  // What stands between a fragment of several lines and the parentheses or braces around it.
  const lines = [];
  walk(program(source), (node) => {
    if (node.type === "TemplateElement") texts.push(node);
    const isWhole = node.type === "JSXExpressionContainer" && node.expression.type === "JSXFragment";
    if (isWhole && !node.expression.extra?.parenthesized && source[node.start + 1] === "\n") {
      fragments.push(node.expression);
      lines.push([node.start + 1, node.expression.start], [node.expression.end, node.end - 1]);
    }
    if (
      node.type === "JSXFragment" &&
      node.extra?.parenthesized &&
      source[node.extra.parenStart + 1] === "\n"
    ) {
      fragments.push(node);
      lines.push([node.extra.parenStart + 1, node.start], [node.end, source.indexOf(")", node.end)]);
    }
    return false;
  });
  const edits = [...lines];
  for (const { start, end } of fragments) {
    for (let at = source.indexOf("\n", start) + 1; at < end && at > 0; at = source.indexOf("\n", at) + 1) {
      const isKept = texts.some((text) => text.start < at && at <= text.end);
      const isGone = lines.some(([from, to]) => from < at && at < to);
      if (source.startsWith("  ", at) && !isKept && !isGone) edits.push([at, at + 2]);
    }
  }
  // From the end, so that what is before keeps its place. Where fragments are in one another, a line moves twice.
  edits.sort((one, other) => other[0] - one[0]);
  let text = source;
  for (const [from, to] of edits) text = text.slice(0, from) + text.slice(to);
  return text;
}

/** The module, as the formatter leaves it, with templates in place of its JSX. */
export function fromJsx(formatted) {
  const source = withoutFragments(formatted);
  const whole = program(source);

  function root(node) {
    let { start, end } = node;
    let [before, after] = ["", ""];
    if (node.extra?.parenthesized) {
      // The parentheses around markup of several lines become the quotes of the template.
      const closing = /^\s*\)/.exec(source.slice(end));
      if (!closing)
        throw new SyntaxError(`line ${node.loc.start.line}: a comment within the parentheses of a template`);
      before = source.slice(node.extra.parenStart + 1, start);
      after = closing[0].slice(0, -1);
      start = node.extra.parenStart;
      end += closing[0].length;
    }
    return { start, end, by: `html\`${before}${markupOf(node)}${after}\`` };
  }

  function markupOf(node) {
    if (node.type === "JSXFragment") return node.children.map(child).join("");
    const { openingElement, closingElement } = node;
    const name = source.slice(openingElement.name.start, openingElement.name.end);
    const isComponent = /^[A-Z]|\./.test(name);
    let text = `<${isComponent ? `\${${name}}` : name}`;
    let at = openingElement.name.end;
    for (const attribute of openingElement.attributes) {
      text += source.slice(at, attribute.start) + attributeOf(attribute);
      at = attribute.end;
    }
    text += source.slice(at, openingElement.end);
    if (!closingElement) return text;
    return `${text}${node.children.map(child).join("")}${isComponent ? "<//>" : `</${name}>`}`;
  }

  function attributeOf(node) {
    if (node.type === "JSXSpreadAttribute") return `...\${${inside(node)}}`;
    const name = source.slice(node.name.start, node.name.end);
    if (!node.value) return name;
    return `${name}=${node.value.type === "JSXExpressionContainer" ? container(node.value) : source.slice(node.value.start, node.value.end)}`;
  }

  /** What stands between the braces of a container, comments and line breaks among it. */
  function inside(node) {
    const from = node.type === "JSXSpreadAttribute" ? source.indexOf("...", node.start) + 3 : node.start + 1;
    return rewrite(source, { ...node, start: from, end: node.end - 1 }, isJsx, root);
  }

  function container(node) {
    const inner = node.expression;
    // A template that is the whole of an expression begins with its braces.
    if (isJsx(inner) && !inner.extra?.parenthesized) {
      const space = [source.slice(node.start + 1, inner.start), source.slice(inner.end, node.end - 1)];
      if (space.every((text) => !text.trim())) return `\${html\`${space[0]}${markupOf(inner)}${space[1]}\`}`;
    }
    return `\${${inside(node)}}`;
  }

  function child(node) {
    if (isJsx(node)) return markupOf(node);
    if (node.type === "JSXExpressionContainer") return container(node);
    return source.slice(node.start, node.end);
  }

  return rewrite(source, { ...whole, start: 0, end: source.length }, isJsx, root);
}
