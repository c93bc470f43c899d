// Profile type ids: name:sample_type:sample_unit:period_type:period_unit.

/** What Go's runtime and the SDKs call CPU time. */
export const cpuType = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** The CPU type if there is one. */
export function defaultType(types: readonly string[]): string {
  return types.find((type) => type.split(':')[1] === 'cpu') ?? types.find((type) => type.includes('cpu')) ?? types[0] ?? '';
}

/** Whether a value is time on processors, so that value per time is how many were busy. */
export function isCpu(type: string): boolean {
  return type.split(':')[1] === 'cpu' && unitOf(type) === 'nanoseconds';
}

export function unitOf(type: string): string {
  return type.split(':')[2] ?? '';
}

/** "cpu", "alloc_space (memory)". */
export function typeName(type: string): string {
  const [name = '', sample = ''] = type.split(':');
  return name === 'process_cpu' || name === sample ? sample || type : `${sample} (${name})`;
}
