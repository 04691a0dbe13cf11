/** Schemas and types of the server's answers; the server and the pages that ask it share them. */
export * from './people.js'
export * from './timeline.js'
