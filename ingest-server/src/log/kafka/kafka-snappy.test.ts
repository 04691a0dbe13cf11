import fc from 'fast-check'
import { compressSync } from 'snappy'
import { expect, test } from 'vitest'
import { snappyCodec } from './kafka-snappy.js'

const javaHeader = Buffer.from('82534e415050590000000001 00000001'.replace(' ', ''), 'hex')

function asJavaWrites(parts: readonly Buffer[]): Buffer {
  const blocks = parts.flatMap((part) => {
    const block = compressSync(part)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(block.length)
    return [length, block]
  })
  return Buffer.concat([javaHeader, ...blocks])
}

test('bytes come back as they were, from this producer and in blocks from Java’s', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 5_000 }), { minLength: 1, maxLength: 4 }),
      async (arrays) => {
        const parts = arrays.map((array) => Buffer.from(array))
        const whole = Buffer.concat(parts)
        expect(
          (await snappyCodec.decompress(await snappyCodec.compress({ buffer: whole }))).equals(whole),
        ).toBe(true)
        expect((await snappyCodec.decompress(asJavaWrites(parts))).equals(whole)).toBe(true)
      },
    ),
  )
})

test('what is no snappy is an error, not other bytes', async () => {
  await expect(snappyCodec.decompress(Buffer.from('{"project":"a"}\n'.repeat(9)))).rejects.toThrow()
})
