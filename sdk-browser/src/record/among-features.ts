/** What features hear of. In t.core.js, which has none, among-features.core.ts stands in its place. */
export { emit as emitToFeatures } from '../base/hooks.js'
