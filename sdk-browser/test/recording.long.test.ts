/** What is recorded of pages, links and forms, and what the console says of it, in a real browser. */
import { captureCases } from './cases/capture.js'
import { debugCases } from './cases/debug.js'
import { formCases } from './cases/forms.js'
import { pageCases } from './cases/pages.js'
import { prerenderCases } from './cases/prerender.js'
import { inChromium } from './support/in-chromium.js'

inChromium([pageCases, captureCases, formCases, debugCases, prerenderCases])
