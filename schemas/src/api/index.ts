/** Schemas and types of the server's answers; the server and the pages that ask it share them. */
export * from './conditions.js'
export * from './definitions.js'
export * from './journeys.js'
export * from './lists.js'
export * from './people.js'
export * from './sentence.js'
export * from './stages.js'
export * from './timeline.js'
