/** What features hear of. In t.core.js, which has none, among-features.core.ts stands in its place. */
export { tell as tellFeatures } from '../base/hooks.js'
