/** Only ids, the queue and the API: nothing is recorded by itself. */
import { adoptOrphans } from './adopt.js'
import { boot } from './boot.js'
import { guard } from './guard.js'

boot(guard(adoptOrphans))
