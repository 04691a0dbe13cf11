/** What other scripts of a page do to what everybody shares, in a real browser against the real server. */
import { hostileGlobalCases } from './cases/hostile-globals.js'
import { inChromium } from './support/in-chromium.js'

inChromium([hostileGlobalCases])
