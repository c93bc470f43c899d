// Label matchers, in the form of the API's selectors: name="value", other=~"regex".

export interface Filter {
  name: string;
  op: '=' | '!=' | '=~' | '!~';
  value: string;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`))}"`;
}

export function writeFilters(filters: readonly Filter[]): string {
  return filters
    .map(({ name, op, value }) => `${/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quote(name)}${op}${quote(value)}`)
    .join(',');
}

export function writeSelector(service: string, filters: readonly Filter[]): string {
  const all: Filter[] = service ? [{ name: 'service_name', op: '=', value: service }, ...filters] : [...filters];
  return `{${writeFilters(all)}}`;
}

const matcher = /\s*(?:([A-Za-z_][A-Za-z0-9_.]*)|"((?:[^"\\]|\\.)*)")\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;

/** null when the text is no list of matchers. */
export function readFilters(text: string): Filter[] | null {
  const filters: Filter[] = [];
  const body = text.trim().replace(/^\{(.*)\}$/s, '$1').trim();
  matcher.lastIndex = 0;
  while (matcher.lastIndex < body.length) {
    const found = matcher.exec(body);
    if (!found) return null;
    filters.push({ name: found[1] ?? unquote(found[2]), op: found[3] as Filter['op'], value: unquote(found[4]) });
  }
  return filters;
}

function unquote(text: string): string {
  return text.replace(/\\(.)/gs, (_, char: string) => (char === 'n' ? '\n' : char));
}

/** Adds, replaces or removes the equality on a label. */
export function withFilter(filters: readonly Filter[], name: string, value: string | null): Filter[] {
  const rest = filters.filter((filter) => !(filter.name === name && filter.op === '='));
  return value === null ? rest : [...rest, { name, op: '=', value }];
}
