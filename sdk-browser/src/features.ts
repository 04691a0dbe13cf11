/** What t.js and the package are made of; in t.js forms.page.ts stands in the place of forms.ts. Order matters: what was left before anything new, ids before the first page view. */
import { adoptOrphans } from './send/adopt.js'
import { crossDomain } from './features/cross-domain.js'
import { engagement } from './features/engagement.js'
import { featuresOf } from './features/feature.js'
import { forms } from './forms/forms.js'
import { links } from './features/links.js'
import { pageViews } from './features/page-views.js'
import { refusedKey } from './features/refused-key.js'
import { serverCookie } from './features/server-cookie.js'

export const runFeatures = featuresOf([
  adoptOrphans,
  refusedKey,
  serverCookie,
  crossDomain,
  engagement,
  links,
  forms,
  pageViews,
])
