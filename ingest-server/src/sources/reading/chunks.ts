/** The bytes of a file as they come, out of their gzip, with enough at the beginning to see what the file is. */
import { pipeline, Readable } from 'node:stream'
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
export async function* chunksOf(
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
  const gunzip = createGunzip({ chunkSize: headBytes })
  // Its error comes out of the loop as well.
  pipeline(Readable.from(all, { objectMode: false }), gunzip, () => undefined)
  try {
    for await (const chunk of gunzip) yield chunk as Buffer
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'Z_BUF_ERROR' && code !== 'Z_DATA_ERROR') throw error
    state.isCut = true
    warnings.push(
      code === 'Z_BUF_ERROR'
        ? 'The file ends inside its gzip: it was cut.'
        : `The gzip is damaged (${(error as Error).message}): what stands behind the damage was not read.`,
    )
  }
}
