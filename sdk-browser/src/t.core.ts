/** Only ids, the queue and the API: nothing is recorded by itself. */
import { boot } from './boot.js'

boot([])
