/** Without forms, links, engagement and cross-domain ids. */
import { boot } from './boot.js'
import { essentials } from './features.js'

boot(essentials)
