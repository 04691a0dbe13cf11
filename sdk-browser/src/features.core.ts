/** What t.core.js is made of: nothing is recorded by itself. */
import { adoptOrphans } from './adopt.js'
import { guard } from './guard.js'

export const runFeatures = guard(adoptOrphans)
