/** What each build is made of. Order matters: ids before the first page view, and a session before its touches. */
import { crossDomain } from './cross-domain.js'
import { engagement } from './engagement.js'
import { forms } from './forms.js'
import { links } from './links.js'
import { heartbeat } from './page-ownership.js'
import { pageViews } from './page-views.js'
import { serverCookie } from './server-cookie.js'
import { sessions } from './sessions.js'
import { signals } from './signals.js'
import type { Feature } from './start.js'
import { touches } from './touches.js'

/** t.lite.js: what counts visits, by the visitor's will. */
export const essentials: readonly Feature[] = [signals, sessions, pageViews]

/** t.js and the package. */
export const everything: readonly Feature[] = [
  signals,
  heartbeat,
  serverCookie,
  sessions,
  touches,
  crossDomain,
  engagement,
  links,
  forms,
  pageViews,
]
