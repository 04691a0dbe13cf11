/** What ends a line, by the beginning of the file: outside of quotes, for a cell may hold the other one. */
const quote = 0x22
const cr = 0x0d
const lf = 0x0a

export function findLineEnd(head: Buffer): number {
  const inside = { cr: 0, lf: 0 }
  const outside = { cr: 0, lf: 0 }
  let isQuoted = false
  for (let at = 0; at < head.length; at++) {
    const byte = head[at]
    if (byte === quote) isQuoted = !isQuoted
    const count = isQuoted ? inside : outside
    if (byte === lf) count.lf += 1
    else if (byte === cr && head[at + 1] !== lf && at + 1 < head.length) count.cr += 1
  }
  const { cr: crs, lf: lfs } = outside.cr + outside.lf === 0 ? inside : outside
  return crs > lfs ? cr : lf
}
