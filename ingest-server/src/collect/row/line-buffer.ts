/**
 * Collects lines as bytes. Each line is encoded while it is still warm in the cache: joining all lines of a
 * batch first and encoding them at the end takes half as long again (bench/collect.ts).
 */
export interface LineBuffer {
  /** Forgets what is there: a batch that failed half-way must not leave lines to the next. */
  clear(): void
  add(line: string): void
  /** The bytes so far, as a buffer of their own. */
  take(): Buffer
}

const initialBytes = 64 * 1024
/** Kept between requests; what an unusually large one needed beyond this is given back. */
const keptBytes = 1024 * 1024
const maxBytesPerUnit = 3

export function createLineBuffer(): LineBuffer {
  let bytes = Buffer.allocUnsafeSlow(initialBytes)
  let used = 0
  function grow(needed: number) {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, bytes.length * 2))
    bytes.copy(larger, 0, 0, used)
    bytes = larger
  }
  return {
    clear() {
      used = 0
    },
    add(line) {
      const needed = used + line.length * maxBytesPerUnit
      if (needed > bytes.length) grow(needed)
      used += bytes.write(line, used, 'utf8')
    },
    take() {
      const taken = Buffer.allocUnsafe(used)
      bytes.copy(taken, 0, 0, used)
      used = 0
      if (bytes.length > keptBytes) bytes = Buffer.allocUnsafeSlow(initialBytes)
      return taken
    },
  }
}
