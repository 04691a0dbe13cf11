/** Makes keys, and the ids that name them. */
import { customAlphabet } from 'nanoid'

const prefixes = { write: 'wk', secret: 'sk', signing: 'sg', analyst: 'an' }

/** Letters and digits only, so that a key can be selected by a double click. */
const random = customAlphabet('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')

/** All but write keys have 256 random bits, which 43 of these characters hold; a write key is public and only unlike others. */
export const newKey = (kind: keyof typeof prefixes): string =>
  `${prefixes[kind]}_${random(kind === 'write' ? 22 : 43)}`

const randomHex = customAlphabet('0123456789abcdef')

export const newKeyId = (): string => `k${randomHex(8)}`
