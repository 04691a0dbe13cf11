/** In t.debug.js check-names.debug.ts stands in this one's place. */
import { chosen } from './chosen.js'

/** Says where the tag has a name that is `init()`'s. */
export const checkNames = (): unknown => chosen('writeKey')
