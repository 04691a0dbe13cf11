/** Who the visitor is and what may be kept of them, in a real browser against the real server. */
import { consentCases } from './cases/consent.js'
import { identityCases } from './cases/identity.js'
import { optionCases } from './cases/options.js'
import { inChromium } from './support/in-chromium.js'

inChromium([optionCases, identityCases, consentCases])
