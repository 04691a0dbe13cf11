/**
 * Snappy for kafkajs, by its registry of codecs. kafkajs copies and checksums (in JavaScript) what it sends some nine times;
 * rows shrink to an eighth before most of that, so compressing costs less than not compressing.
 *
 *     value = raw snappy, which is what is written, or as Java's clients write it:
 *             82 "SNAPPY" 00, version int32, compatible int32, { length int32, raw snappy }
 */
import kafkajs from 'kafkajs'
import { compress, uncompress } from 'snappy'

const javaMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const javaHeaderBytes = 16

interface Encoder {
  buffer: Buffer
}

export const snappyCodec = {
  compress: (encoder: Encoder): Promise<Buffer> => compress(encoder.buffer),
  async decompress(bytes: Buffer): Promise<Buffer> {
    if (!bytes.subarray(0, javaMagic.length).equals(javaMagic)) return bytesOf(bytes)
    const blocks: Buffer[] = []
    for (let at = javaHeaderBytes; at < bytes.length;) {
      const start = at + 4
      at = start + bytes.readUInt32BE(at)
      blocks.push(await bytesOf(bytes.subarray(start, at)))
    }
    return Buffer.concat(blocks)
  },
}

const bytesOf = async (compressed: Buffer) => (await uncompress(compressed, { asBuffer: true })) as Buffer

/** Once for the process; other codecs stay as kafkajs has them. */
export function registerSnappy(): void {
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.Snappy] = () => snappyCodec
}
