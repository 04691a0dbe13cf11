/** What stands where there is nothing yet, each fetched only then. */
import { lazy } from '../lazy.js'

export const NoEvents = lazy(() => import('./no-events.js').then((module) => module.NoEvents))
export const NoStages = lazy(() => import('./no-stages.js').then((module) => module.NoStages))
export const NobodyKnown = lazy(() => import('./nobody-known.js').then((module) => module.NobodyKnown))
export const NoAccounts = lazy(() => import('./nobody-known.js').then((module) => module.NoAccounts))
