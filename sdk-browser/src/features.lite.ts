/** What t.lite.js is made of: no forms, links, engagement and cross-domain ids. */
import { adoptOrphans } from './send/adopt.js'
import { featuresOf } from './features/feature.js'
import { pageViews } from './features/page-views.js'
import { serverCookie } from './features/server-cookie.js'

export const runFeatures = featuresOf([adoptOrphans, serverCookie, pageViews])
