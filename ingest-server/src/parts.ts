/** Parts of a list, in order: of `size` values each, the last of what is left; none of an empty list. */
export function* partsOf<Value>(values: readonly Value[], size: number): Generator<Value[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size)
}
