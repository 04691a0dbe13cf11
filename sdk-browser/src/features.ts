/** What each build is made of. Order matters: ids before the first page view, and a session before its touches. */
import { adoptOrphans } from './adopt.js'
import { crossDomain } from './cross-domain.js'
import { guard } from './guard.js'
import { engagement } from './engagement.js'
import { forms } from './forms.js'
import { links } from './links.js'
import { pageViews } from './page-views.js'
import { refusedKey } from './refused-key.js'
import { serverCookie } from './server-cookie.js'
import { at } from './page.js'
import type { Feature, Features } from './start.js'

export const featuresOf =
  (features: readonly Feature[]): Features =>
  ([, , first] = [] as never) =>
    at(first, () => features.forEach((feature) => guard(feature)()))

/** t.lite.js: what counts visits. */
export const essentials: Features = featuresOf([refusedKey, serverCookie, pageViews, adoptOrphans])

/** t.js and the package. */
export const everything: Features = featuresOf([
  refusedKey,
  serverCookie,
  crossDomain,
  engagement,
  links,
  forms,
  pageViews,
  adoptOrphans,
])
