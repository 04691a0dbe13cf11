/** In t.core.js nothing waits for consent. */
export const joinHeld = (..._: unknown[]): void => {}
