/** The whole SDK, for a script tag. */
import { boot } from './boot.js'
import { everything } from './features.js'

boot(everything)
