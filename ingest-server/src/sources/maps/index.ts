/** The ready maps, by the tool whose export they read. */
import { adMaps } from './ads.js'
import { analyticsMaps } from './analytics.js'
import { emailMaps } from './email.js'
import { eventMaps } from './events.js'
import { hubspotMaps } from './hubspot.js'
import { pipedriveMaps } from './pipedrive.js'
import type { ReadyMap } from './ready-map.js'
import { salesforceMaps } from './salesforce.js'
import { segmentMaps } from './segment.js'
import { stripeMaps } from './stripe.js'
import { webhookMaps } from './webhooks.js'

export const readyMaps: readonly ReadyMap[] = [
  ...segmentMaps,
  ...analyticsMaps,
  ...hubspotMaps,
  ...salesforceMaps,
  ...pipedriveMaps,
  ...adMaps,
  ...emailMaps,
  ...eventMaps,
  ...stripeMaps,
  ...webhookMaps,
]
