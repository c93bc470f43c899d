// Names from profiles are anybody's text. They reach the DOM as text nodes only; what could reorder
// or hide other text is written out.

// eslint-disable-next-line no-control-regex
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** The name with control, bidi and zero-width characters as U+202E and the like. */
export function visible(name: string): string {
  return name.replace(invisible, (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** Go's shape types say little to people: pkg.Map[go.shape.string,go.shape.int] is shown as pkg.Map[…]. */
export function display(name: string): string {
  const plain = visible(name);
  return plain.includes('[go.shape.') ? plain.replace(/\[go\.shape\.[^\n]*\](?=\.|$|-)/, '[…]') : plain;
}

/** Without the directory of a Go package and without arguments: what fits a narrow box. */
export function short(name: string): string {
  const plain = display(name);
  const bracket = plain.search(/[[(<]/);
  if (!/^[\w.~%@-]+\//.test(plain)) return plain;
  const head = bracket > 0 ? plain.slice(0, bracket) : plain;
  const slash = head.lastIndexOf('/');
  return slash >= 0 ? plain.slice(slash + 1) : plain;
}

/** What a name is grouped and coloured by: Go's package, C++'s outer namespaces, a file's folder. */
export function packageOf(name: string, file: string, module: string): string {
  const slash = name.lastIndexOf('/');
  const dot = name.indexOf('.', slash + 1);
  if (dot > 0) return name.slice(0, dot);
  const colons = name.indexOf('::');
  if (colons > 0) return name.slice(0, colons);
  return module || file.slice(0, Math.max(0, file.lastIndexOf('/')));
}
