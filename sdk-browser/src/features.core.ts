/** What t.core.js is made of: nothing is recorded by itself. */
import { adoptOrphans } from './send/adopt.js'
import { guard } from './base/guard.js'

export const runFeatures = guard(adoptOrphans)
