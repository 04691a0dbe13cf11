/** What t.lite.js is made of: no forms, links, engagement and cross-domain ids. */
import { adoptOrphans } from './adopt.js'
import { featuresOf } from './feature.js'
import { pageViews } from './page-views.js'
import { serverCookie } from './server-cookie.js'

export const runFeatures = featuresOf([adoptOrphans, serverCookie, pageViews])
