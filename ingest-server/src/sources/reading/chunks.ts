/** The bytes of a file as they come, out of their gzip, with enough at the beginning to see what the file is. */
import { createGunzip } from 'node:zlib'

const headBytes = 64 * 1024

/** At least `headBytes` of the file, where it has them. */
export async function takeHead(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const taken: Buffer[] = []
  let bytes = 0
  while (bytes < headBytes) {
    const next = await chunks.next()
    if (next.done === true) break
    taken.push(next.value)
    bytes += next.value.length
  }
  return Buffer.concat(taken)
}

/** The bytes of the file, out of its gzip where it has one. */
export async function* unzippedChunks(
  input: AsyncIterable<Buffer>,
  state: { isCut: boolean },
  warnings: string[],
): AsyncGenerator<Buffer> {
  const iterator = input[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  while (first.length < 2) {
    const next = await iterator.next()
    if (next.done === true) break
    first = first.length === 0 ? Buffer.from(next.value) : Buffer.concat([first, next.value])
  }
  const all = (async function* () {
    if (first.length > 0) yield first
    for (;;) {
      const next = await iterator.next()
      if (next.done === true) return
      yield next.value
    }
  })()
  if (!(first[0] === 0x1f && first[1] === 0x8b)) {
    yield* all
    return
  }
  yield* unpacked(all, state, warnings)
}

/** So few that what comes of them, a thousand times as much at most, may be held. */
const packedBytes = 16 * 1024

/**
 * Out of a gzip, piece by piece. A stream that fails drops what waits in it, so each piece is handed on before the next
 * one goes in: what stands before a cut is all there, and before damage all but the piece that has it.
 */
async function* unpacked(
  packed: AsyncIterable<Buffer>,
  state: { isCut: boolean },
  warnings: string[],
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: headBytes })
  const out: Buffer[] = []
  gunzip.on('data', (chunk: Buffer) => out.push(chunk))
  let failed: NodeJS.ErrnoException | undefined
  let isEnded = false
  let wake = () => {}
  gunzip.on('error', (error) => {
    failed = error
    wake()
  })
  // Also before all is written, where zeros stand behind the last member.
  gunzip.on('end', () => {
    isEnded = true
    wake()
  })
  const done = (act: (callback: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve
      act(resolve)
    })
  const goesOn = () => failed === undefined && !isEnded
  try {
    for await (const chunk of packed)
      for (let at = 0; at < chunk.length && goesOn(); at += packedBytes) {
        await done((callback) => gunzip.write(chunk.subarray(at, at + packedBytes), callback))
        yield* out.splice(0)
      }
    if (goesOn()) await done(() => gunzip.end())
    yield* out.splice(0)
  } finally {
    gunzip.destroy()
  }
  if (failed === undefined) return
  if (failed.code !== 'Z_BUF_ERROR' && failed.code !== 'Z_DATA_ERROR') throw failed
  state.isCut = true
  warnings.push(
    failed.code === 'Z_BUF_ERROR'
      ? 'The file ends inside its gzip: it was cut.'
      : `The gzip is damaged (${failed.message}): what stands behind the damage, and closely before it, was not read.`,
  )
}
