/** In t.core.js nothing waits for consent: without it nothing is recorded. */
export { takeBatch as nextBatch } from '../queue/outbox.js'
