export function Pgo(_: { view: unknown }) {
  return null;
}
