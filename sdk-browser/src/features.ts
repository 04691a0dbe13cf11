/** What t.js and the package are made of; in t.js forms.page.ts stands in the place of forms.ts. Order matters: what was left before anything new, ids before the first page view. */
import { adoptOrphans } from './adopt.js'
import { crossDomain } from './cross-domain.js'
import { engagement } from './engagement.js'
import { featuresOf } from './feature.js'
import { forms } from './forms.js'
import { links } from './links.js'
import { pageViews } from './page-views.js'
import { refusedKey } from './refused-key.js'
import { serverCookie } from './server-cookie.js'

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
