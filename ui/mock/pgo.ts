// What the PGO calls answer in development.

export function pgoAnswer(_url: URL): unknown {
  return null;
}
