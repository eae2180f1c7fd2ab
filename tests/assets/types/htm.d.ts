// htm.bind(h): a tag of templates. What is checked are the elements that the templates stand for.
declare const htm: { bind(h: unknown): (...parts: unknown[]) => unknown };
export default htm;
