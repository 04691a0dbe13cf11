/** The time in milliseconds since 1970, UTC. An argument everywhere, so that tests can set it. */
export type Clock = () => number
