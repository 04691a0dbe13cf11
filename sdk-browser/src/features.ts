/** What each build is made of. Order matters: ids before the first page view, and a session before its touches. */
import { adoptOrphans } from './adopt.js'
import { crossDomain } from './cross-domain.js'
import { guard } from './guard.js'
import { options } from './options.js'
import type { Options } from './api.js'
import { engagement } from './engagement.js'
import { forms } from './forms.js'
import { links } from './links.js'
import { heartbeat } from './page-ownership.js'
import { pageViews } from './page-views.js'
import { refusedKey } from './refused-key.js'
import { serverCookie } from './server-cookie.js'
import { sessions } from './sessions.js'
import type { Feature } from './start.js'
import { touches } from './touches.js'

/** By the option that can switch it off, where there is one. */
export const featuresOf =
  (features: Readonly<Record<string, Feature>>): Feature =>
  () => {
    for (const name in features)
      if (options[name as keyof Options] !== 'off') guard(features[name] as Feature)()
  }

/** t.lite.js: what counts visits. */
export const essentials: Feature = featuresOf({ sessions, pageViews, adoptOrphans })

/** t.js and the package. */
export const everything: Feature = featuresOf({
  heartbeat,
  serverCookie,
  sessions,
  touches,
  crossDomain,
  engagement,
  links,
  forms,
  pageViews,
  refusedKey,
  adoptOrphans,
})
