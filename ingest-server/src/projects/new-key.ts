/** Makes keys, and the ids that name them. */
import { randomBytes } from 'node:crypto'

const prefixes = { write: 'wk', secret: 'sk', signing: 'sg', analyst: 'an' }
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Letters and digits only, so that a key can be selected by a double click. All but write keys have 256 random bits. */
export function newKey(kind: keyof typeof prefixes): string {
  // 43 characters of 62 hold 256 bits; a write key is public and only has to be unlike any other.
  const length = kind === 'write' ? 22 : 43
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(64)) {
      // 248 = 4 × 62: bytes above it would make some characters likelier than others.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return `${prefixes[kind]}_${text}`
}

export const newKeyId = (): string => `k${randomBytes(4).toString('hex')}`
